"""Agreements of AWS Marketplace, seen by the buyer, on the unmodified `boto3` client ``marketplace-agreement``."""
