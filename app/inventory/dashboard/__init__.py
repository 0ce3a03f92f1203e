"""How the live deal sells, for the desk."""
