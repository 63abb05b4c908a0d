"""What `make hostile` throws at the bot: broken and malicious feeds, servers and addresses, made
here or collected by others. Imports the bot; nothing of the bot imports this.
"""
