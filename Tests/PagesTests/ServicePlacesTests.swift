import Pages
import Synchronization
import TCC
import Testing

@Suite("Places of calls that wait for a service", .timeLimit(.minutes(1)))
struct ServicePlacesTests {
    private struct Silent: Error {}

    private static let limits: ServicePlaces<String>.Limits = {
        var limits = ServicePlaces<String>.Limits()
        (limits.callsToSilent, limits.longWaits, limits.longWait) = (1, 2, .seconds(1))
        return limits
    }()

    private static func expectPlace(_ service: String, _ places: ServicePlaces<String>) async throws {
        let answer = try await places.call(service) { 1 }
        #expect(answer == 1)
    }

    /// Waits with some calls under way.
    private static func withCalls(
        _ count: Int,
        to service: String,
        _ places: ServicePlaces<String>,
        _ body: () async throws -> Void
    ) async throws {
        let (begun, end) = (Promise<Void>(), Promise<Void>())
        let waiting = Task {
            try await places.call(service) {
                begun.fulfil(())
                try await end.value()
            }
        }
        try await begun.value()
        if count > 1 { try await withCalls(count - 1, to: service, places, body) } else { try await body() }
        end.fulfil(())
        try await waiting.value
    }

    @Test func areThereForAllAsLongAsAServiceAnswers() async throws {
        let places = ServicePlaces<String>(limits: Self.limits) { .zero }
        try await Self.withCalls(20, to: "draft", places) { try await Self.expectPlace("draft", places) }
    }

    @Test func areFewForAServiceThatDidNotAnswer() async throws {
        let places = ServicePlaces<String>(limits: Self.limits) { .zero }
        await #expect(throws: Silent.self) { try await places.call("draft") { throw Silent() } }
        try await Self.withCalls(1, to: "draft", places) {
            await #expect(throws: ServicePlaces<String>.Full()) { try await places.call("draft") {} }
            try await Self.expectPlace("online", places)
        }
        // The one that waited was answered.
        try await Self.withCalls(2, to: "draft", places) { try await Self.expectPlace("draft", places) }
    }

    @Test func areGivenToNobodyWhereManyWaitForLong() async throws {
        let now = Promise<Void>()
        let places = ServicePlaces<String>(limits: Self.limits) { now.isFulfilled ? .seconds(1) : .zero }
        try await Self.withCalls(2, to: "draft", places) {
            now.fulfil(())
            await #expect(throws: ServicePlaces<String>.Full()) { try await places.call("draft") {} }
            try await Self.expectPlace("online", places)
        }
    }
}
