"""What past deals came to, and what they have in common."""
