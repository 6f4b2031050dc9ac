"""What WhatsApp does when a payment moves."""
