import AWSCredentialSources
import RDSIAMSystem

// Asks a command for credentials, as a program at a terminal does, and prints what came of it.
//
//   terminal-user lent|shown|isolated COMMAND
let arguments = CommandLine.arguments
guard arguments.count == 3 else { exit(2) }
var context = CredentialContext.system
context.terminal.isLentToHelpers = arguments[1] == "lent"
context.terminal.showsErrorsOfHelpers = arguments[1] != "isolated"
let start = context.uptime()
do {
    let credentials = try await ProcessCredentialSource(arguments[2], context: context).credentials()
    print("key \(credentials.accessKeyID)")
} catch {
    print("error \(error)")
}
// A process in the background of its terminal would be stopped by this.
print(tcgetpgrp(STDOUT_FILENO) == getpgrp() ? "foreground" : "background")
print(context.uptime() - start < .seconds(30) ? "at once" : "late")
