"""What can be asked, previewed or wished for. Both faces call these functions and get the same frozen values back."""
