"""What energy amounts to: grams of CO2 equivalent, everyday terms."""
