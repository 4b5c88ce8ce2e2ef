"""Orders of examinations: registered at the counter, offered to devices, performed (MPPS), matched with cases."""
