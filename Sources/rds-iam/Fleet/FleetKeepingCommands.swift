#if Command
import ArgumentParser
import AuditFleet
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit fleet init`.
struct FleetInitCommand: FleetSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the fleet's schema in a database, or its partitions and indexes if it is there.",
        discussion: """
            Makes the schema audit_fleet, partitions by the events' months, and three roles, to be granted to users:

              audit_fleet_shipper    may send rows through a function, and nothing else
              audit_fleet_reader     may read
              audit_fleet_retention  may take whole months out, which leaves a prune point

            It needs PostgreSQL 13 or newer, a database in UTF8 and a user who may create schemas and roles, but neither an \
            extension nor a superuser. Run it again once a month, as the same user:

              rds-iam audit fleet init "host=audit.example.com dbname=fleet user=owner"

            Exit status: 0 done, 2 wrong usage, 4 the database could not be reached and may be later, 1 anything else.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @Flag(help: "One JSON object.")
    var json = false

    func perform() async throws {
        let isNew = try await fleet.withFleet { try await $0.install() }
        if json { return try JSONOutput("fleet.init", ["is_new": .bool(isNew)]).print() }
        print(isNew ? "The schema audit_fleet is made." : "The schema audit_fleet is up to date.")
    }
}

/// `rds-iam audit fleet retire`.
struct FleetRetireCommand: FleetSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Take a month that is over out of the fleet, and leave a prune point, so that the rest verifies.",
        discussion: """
            The month's rows are in a table of their own afterwards, for its owner to store elsewhere or to drop. The user \
            needs the role audit_fleet_retention. For example:

              rds-iam audit fleet retire CONNINFO 2026-10

            Exit status: 0 done, 2 wrong usage, 4 the database could not be reached and may be later, 1 anything else.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @Argument(help: "The month, such as 2026-10.")
    var month: String

    func validate() throws {
        guard month.utf8.count == 7, Date(rfc3339: month + "-01T00:00:00Z") != nil else {
            throw ValidationError("A month is written 2026-10.")
        }
    }

    func perform() async throws {
        let retired = try await fleet.withFleet { try await $0.retire(month: month + "-01") }
        print("\(retired.rows) rows are in audit_fleet.\(retired.name.displayed) now, and no longer in the fleet.")
    }
}

/// `rds-iam audit fleet resume`.
struct FleetResumeCommand: FleetSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Accept findings that were looked into, and let their logs go on.",
        discussion: """
            A finding stays, with who has accepted it and why: `verify` shows it as a remark then, if the chain does not fit \
            there, and no longer counts it. Only the schema's owner may do this. For example:

              rds-iam audit fleet resume CONNINFO 3 4 --reason "Restored from a backup."

            Exit status: 0 done, 2 wrong usage, 4 the database could not be reached and may be later, 1 anything else.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @Argument(help: "The findings' numbers, as `status` shows them.")
    var findings: [Int64]

    @Option(help: "Why they are accepted.")
    var reason: String

    func perform() async throws {
        try await fleet.withFleet { fleet in
            for finding in findings {
                try await fleet.resume(finding: finding, reason: reason)
                print("Finding \(finding) is accepted.")
            }
        }
    }
}
#endif
