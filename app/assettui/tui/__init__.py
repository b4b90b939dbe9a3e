"""The screens. They show what the service layer says and pass on what is wished for; they decide nothing."""
