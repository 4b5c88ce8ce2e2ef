"""Statements (结算对账): what institutions read for each other in a month, at which price, until it is closed."""
