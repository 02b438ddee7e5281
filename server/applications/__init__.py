"""Applications to a product: from the enterprise's form to the institution's credit and loans."""
