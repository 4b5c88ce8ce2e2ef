"""Sessions of staff and patients, failed proofs, receipts."""
