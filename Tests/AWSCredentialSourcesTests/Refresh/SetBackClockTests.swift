import AWSCredentialSources
import Testing

@Suite(.timeLimit(.minutes(2))) struct SetBackClockTests {
    @Test("what was remembered by a clock that ran ahead ends when it is set right", arguments: stories)
    func story(_ story: RefreshStory) async throws {
        try await story.play()
    }

    static let stories: [RefreshStory] = [
        RefreshStory(
            name: "a refusal",
            steps: [
                .fails(RefreshStory.denied), .getsError(.refused, fetches: 1), .passes(-7200), .gives("B", 3600),
                .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "a pause after a failure",
            steps: [
                .gives("A", 3600), .gets("A", fetches: 1), .passes(86_400), .fails(RefreshStory.outage),
                .gets("A", fetches: 2), .passes(-84_000), .gets("A", fetches: 2), .gives("B", 3600), .passes(600),
                .gets("B", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "a failure for who signs for later use",
            steps: [
                .gives("A", 3600), .gets("A", fetches: 1), .passes(86_400), .fails(RefreshStory.outage),
                .gets("A", fetches: 2), .passes(-82_000), .gives("B", 3600), .signs(900, "B", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "the age of credentials without an end",
            kind: .custom,
            steps: [
                .gives("A", nil), .gets("A", fetches: 1), .passes(-7200), .gives("B", nil), .passes(301),
                .gets("B", fetches: 2), .gets("B", fetches: 2), .passes(299), .gets("B", fetches: 2),
            ]
        ),
    ]
}
