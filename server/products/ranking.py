"""The comprehensive order (综合): a number made of a product's own facts and nothing else.

Nobody can buy a place and nothing is known of who looks: docs/products.md tells people the
formula. Each percentage point of the middle annual rate costs 50 points; larger amounts, longer
terms and credit without collateral win a few.
"""

from server.products.bands import AMOUNT_LIMITS, TERM_LIMITS, AmountBand, TermBand, band_of
from server.products.product import GuaranteeMethod, ProductContent

FREE_OF_RATE = 1200  # points at 0 %; none are left at 24 %
AMOUNT_POINTS = {
    AmountBand.UP_TO_100: 0,
    AmountBand.UP_TO_500: 20,
    AmountBand.UP_TO_1000: 40,
    AmountBand.ABOVE_1000: 60,
}
TERM_POINTS = {
    TermBand.UP_TO_12: 0,
    TermBand.UP_TO_24: 10,
    TermBand.UP_TO_60: 20,
    TermBand.ABOVE_60: 30,
}
CREDIT_POINTS = 30


def score(content: ProductContent) -> int:
    """Points, 0 to 1320; 0 without a rate."""
    if content.rate_min_bp is None or content.rate_max_bp is None:
        return 0
    rate = max(0, FREE_OF_RATE - (content.rate_min_bp + content.rate_max_bp) // 4)
    credit = CREDIT_POINTS if GuaranteeMethod.CREDIT in content.guarantee_methods else 0
    return (
        rate
        + AMOUNT_POINTS[band_of(content.amount_max_fen, AMOUNT_LIMITS)]
        + TERM_POINTS[band_of(content.term_max_months, TERM_LIMITS)]
        + credit
    )
