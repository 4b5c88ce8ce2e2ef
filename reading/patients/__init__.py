"""Who a patient is: identifiers, keys, names, corrections."""
