"""Referral up and down (双向转诊): a patient goes to another institution with pictures and report, to its end."""
