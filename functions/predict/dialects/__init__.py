"""How clients of different kinds ask and are answered: a module a dialect, imported when it is first spoken."""
