"""What help to sell costs and brings, who brought whom, and rewards that wait for somebody, for the desk."""
