"""The screens. They show what the service layer says and pass on what is asked for; they decide nothing."""
