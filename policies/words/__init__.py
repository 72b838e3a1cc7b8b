"""What people read: reasons, receipts, dates and Arabic text."""
