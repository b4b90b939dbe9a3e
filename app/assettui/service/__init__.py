"""What can be asked, previewed or asked for. Both faces call these functions and get the same frozen values back."""
