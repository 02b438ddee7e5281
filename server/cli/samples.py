"""The order in which sample data are made: each module builds on those before it."""

from server.cli.seed_applications import APPLICATIONS
from server.cli.seed_enterprises import ENTERPRISES
from server.cli.seed_institutions import INSTITUTIONS
from server.cli.seed_products import PRODUCTS
from server.cli.seed_staff import STAFF

SAMPLES = (INSTITUTIONS, PRODUCTS, STAFF, ENTERPRISES, APPLICATIONS)
