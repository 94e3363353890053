import Benchmark
import Testing

@Suite("What the system says of processes")
struct ProcessFiguresTests {
    @Test("CPU of a process whose name holds brackets and spaces")
    func stat() {
        let stat = "4711 (a) (b c) S 1 4711 4711 0 -1 4194560 1000 0 0 0 123 45 7 8 20 0 4 0 99 1 2"
        #expect(ProcessFigures.ticks(stat: stat) == 168)
        #expect(ProcessFigures.ticks(stat: "4711 (gone") == nil)
        #expect(ProcessFigures.ticks(stat: "4711 (a) S 1 2") == nil)
    }

    @Test("The most memory that it had")
    func status() {
        #expect(ProcessFigures.peakMemory(status: "Name:\ta\nVmHWM:\t   20480 kB\nVmRSS:\t 1 kB\n") == 20_971_520)
        #expect(ProcessFigures.peakMemory(status: "Name:\ta\n") == nil)
    }

    @Test("What all processors did: idleness and waiting for the disk are not work")
    func machine() {
        let stat = "cpu  100 1 50 800 40 2 3 4 5 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
        #expect(ProcessFigures.machine(stat: stat) == ProcessFigures.Machine(busy: 160, total: 1000))
        #expect(ProcessFigures.machine(stat: "intr 1\n") == nil)
    }

    @Test("Others' share is what was done and is not ours")
    func foreign() {
        let before = ProcessFigures.Machine(busy: 100, total: 1000)
        let after = ProcessFigures.Machine(busy: 250, total: 1200)
        #expect(ProcessFigures.foreignShare(from: before, to: after, ours: 130) == 0.1)
        // Ticks are counted at different moments.
        #expect(ProcessFigures.foreignShare(from: before, to: after, ours: 160) == 0)
        #expect(ProcessFigures.foreignShare(from: after, to: after, ours: 0) == nil)
    }

    @Test("Where a sync costs nothing")
    func inMemory() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/disk ext4 rw 0 0\n"
        #expect(BenchSession.isInMemory("/tmp/x", mounts: mounts))
        #expect(!BenchSession.isInMemory("/tmp/disk/x", mounts: mounts))
        #expect(!BenchSession.isInMemory("/var/tmp", mounts: mounts))
        #expect(!BenchSession.isInMemory("/tmpfiles", mounts: mounts))
        #expect(!BenchSession.isInMemory("/tmp", mounts: ""))
    }

    @Test("Syncs that began within a time, each once")
    func syncs() {
        let trace = """
            12 100.100000 fdatasync(9) = 0
            13 100.200000 fdatasync(9 <unfinished ...>
            12 100.300000 fsync(8) = 0
            13 100.400000 <... fdatasync resumed>) = 0
            12 101.500000 fdatasync(9) = 0
            12 101.600000 +++ exited with 0 +++
            """
        #expect(SyncTrace.count(in: trace, within: 100.15...101) == 2)
        #expect(SyncTrace.count(in: trace, within: 0...200) == 4)
    }
}
