"""Worker processes import this module too: it stays as light as the bot's."""

if __name__ == "__main__":
    from benchmarks.running import main

    main()
