#if !Command
import RDSIAMSystem

/// What the executable is without the trait `Command`: a package needs an entry point for each.
@main
enum Main {
    static func main() {
        let text = "rds-iam: error: This build lacks the trait Command, which is on by default. Build with it.\n"
        _ = write(STDERR_FILENO, text, text.utf8.count)
        exit(1)
    }
}
#endif
