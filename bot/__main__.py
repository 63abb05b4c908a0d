"""Where the program starts. Worker processes import this module too, so it stays light."""


def main() -> None:
    from bot.cli import run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
