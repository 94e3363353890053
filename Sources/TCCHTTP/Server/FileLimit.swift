#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// How many files this process may have open at once (`RLIMIT_NOFILE` of getrlimit(2)).
package enum FileLimit {
    private static let most: rlim_t = 65536
    /// What a process has open itself, and some more.
    private static let own = 40
    /// Where the system does not say.
    private static let usual: rlim_t = 1024
    #if canImport(Darwin)
    private static let resource = RLIMIT_NOFILE
    #else
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif

    private static var limit: rlimit {
        var limit = rlimit()
        return getrlimit(resource, &limit) == 0 ? limit : rlimit(rlim_cur: usual, rlim_max: usual)
    }

    /// Lets the process have as many files as the system does; the usual soft limit of 1,024 is soon reached.
    package static func raise() {
        var limit = limit
        limit.rlim_cur = min(limit.rlim_max, most)
        setrlimit(resource, &limit)
    }

    /// How many connections a server may have, so that files are left for its database, its calls and the runtime.
    ///
    /// libdispatch for one opens files of `/proc` to count its threads, and traps if it cannot.
    ///
    /// - Parameter files: how many files there may be; nil for as many as now, since whoever runs the process may change that.
    /// - Returns: three quarters of them; of few, half, or what is left beside the process's own.
    package static func connections(ofFiles files: Int? = nil) -> Int {
        let files = files ?? Int(min(limit.rlim_cur, most))
        return max(1, files - max(files / 4, min(files / 2, 1024), own))
    }
}
