import Foundation
public import GRDB
import Logging
import TCC
public import TCCHTTP
public import TCCParticipant
public import TCCStorage

extension HostedProcess {
    /// A process that takes part in transactions: a resource, its barrier, its routes and its background services.
    ///
    /// - Parameters:
    ///   - context: what it is built from.
    ///   - database: the database file's name in the data directory.
    ///   - coordinatorURL: whom it asks for outcomes.
    ///   - resource: what it reserves.
    ///   - migrate: registers the resource's migrations.
    ///   - addRoutes: adds the service's own routes.
    /// - Returns: a process that is yet to be run; it closes its database at the end.
    /// - Throws: a failure that a person can read.
    public static func participant<R: Resource>(
        _ context: HostContext,
        database: String,
        coordinatorURL: String,
        resource: R,
        migrate: (inout DatabaseMigrator) -> Void,
        addRoutes: (inout API, DurableStore) -> Void
    ) throws -> HostedProcess {
        var migrator = DatabaseMigrator()
        migrate(&migrator)
        Barrier.registerMigrations(in: &migrator)
        let store = try context.openStore(database, migrator)
        let service = ParticipantService(
            resource: resource,
            store: store,
            world: context.world,
            failpoints: context.failpoints,
            logger: context.logger
        )
        var api = API(authority: context.authority, readiness: context.readiness)
        addRoutes(&api, store)
        service.addRoutes(to: &api)
        let coordinator = CoordinatorClient(client: context.client, authority: context.authority, url: coordinatorURL)
        return HostedProcess(
            api: api,
            services: [
                context.storageWatch(store),
                PeerWatch(
                    "coordinator",
                    warning: "The coordinator cannot be reached; reservations that it does not end stay",
                    context
                ) {
                    _ = try await coordinator.horizon()
                },
                OutcomeInquiry(service) { try await coordinator.outcome(of: $0) },
                BarrierPruner(service, retention: context.settings.retention) { try await coordinator.horizon() },
            ],
            close: { try store.close() }
        )
    }
}

extension HostContext {
    /// What reports a database that cannot be written.
    ///
    /// - Parameter store: the database.
    /// - Returns: a service, to be run beside the others.
    public func storageWatch(_ store: DurableStore) -> StorageWatch {
        StorageWatch(store: store, readiness: readiness, world: world, logger: logger)
    }

    /// Opens a database in the data directory.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - migrator: brings its schema up to date.
    /// - Returns: the database, open and migrated.
    /// - Throws: a failure that a person can read.
    public func openStore(_ name: String, _ migrator: DatabaseMigrator) throws -> DurableStore {
        let path = settings.path(name)
        do {
            return try DurableStore(path: path, migrator: migrator, failpoints: failpoints, logger: logger)
        } catch {
            throw HostFailure("the database \(path) cannot be opened: \(error)")
        }
    }
}
