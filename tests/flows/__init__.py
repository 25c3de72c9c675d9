"""What happens from end to end, through the pages, the mail and the desk."""
