import PercussDBus
import PercussTime
import Synchronization

/// Something that meets the bus, and how a round of it goes.
struct FuzzTarget: Sendable {
  /// What is done to the bus at the address until the round is over, which it tells; it must come to its end by itself.
  typealias Exercise = @Sendable (BusAddress, _ seed: UInt64, RealTimeline, _ isOver: RoundEnd) async -> Void

  var name: String
  /// Whether there is one round alone, for the whole time, in which what is held must not grow.
  var isLasting: Bool { allowance != nil }
  /// How many bytes more it may hold in its last third than in the one before: for tables that are bounded and not yet full.
  var allowance: GrowthWatch.Allowance?
  private let conduct: @Sendable (UInt64) -> any HostileBus.Conduct
  private let exercise: Exercise

  /// Rounds that end by themselves.
  init(
    _ name: String, against conduct: @escaping @Sendable (UInt64) -> any HostileBus.Conduct,
    _ exercise: @escaping @Sendable (BusAddress, UInt64, RealTimeline) async -> Void
  ) {
    self.name = name
    self.conduct = conduct
    self.exercise = { address, seed, timeline, _ in await exercise(address, seed, timeline) }
  }

  /// One round that lasts until it is told to end.
  init(
    lasting name: String, allowance: GrowthWatch.Allowance,
    against conduct: @escaping @Sendable (UInt64) -> any HostileBus.Conduct,
    _ exercise: @escaping Exercise
  ) {
    self.name = name
    self.conduct = conduct
    self.allowance = allowance
    self.exercise = exercise
  }

  /// How long a round may take once it is to end.
  private static let bound: Duration = .seconds(60)

  /// Plays a round and returns what went to and fro. Throws when it hangs.
  func play(
    in folder: String, seed: UInt64, on timeline: RealTimeline, _ watch: inout GrowthWatch
  ) throws -> HostileBus.Traffic {
    var round = try Round(self, folder, seed, timeline)
    try round.end(&watch)
    return round.bus.traffic
  }

  /// Plays one round for that long, and compares the least that was held in its second third with the least in its last: what comes and goes with
  /// connections has gone at some time in each.
  func last(
    for duration: Duration, in folder: String, seed: UInt64, on timeline: RealTimeline, _ watch: inout GrowthWatch
  ) throws -> HostileBus.Traffic {
    var round = try Round(self, folder, seed, timeline)
    _ = try round.turn(for: duration / 3, &watch)
    let early = try round.turn(for: duration / 3, &watch)
    let sent = round.bus.traffic.sent
    let late = try round.turn(for: duration / 3, &watch)
    watch.lasting = (late - early, round.bus.traffic.sent - sent, allowance ?? .init(forEachMessage: 0, atMost: 0))
    try round.end(&watch)
    return round.bus.traffic
  }

  /// A round that is under way.
  private struct Round {
    let bus: HostileBus
    private var conduct: any HostileBus.Conduct
    private let isOver = RoundEnd()
    private let isDone = RoundEnd()

    init(_ target: FuzzTarget, _ folder: String, _ seed: UInt64, _ timeline: RealTimeline) throws {
      bus = try HostileBus(folder: folder)
      conduct = target.conduct(seed)
      let (address, exercise, isOver, isDone) = (bus.address, target.exercise, isOver, isDone)
      timeline.start {
        await exercise(address, seed, timeline, isOver)
        isDone.come()
      }
    }

    /// - Returns: the least memory that was held in that time.
    mutating func turn(for duration: Duration, _ watch: inout GrowthWatch) throws -> Int {
      let end = MonotonicInstant.ofSystem().advanced(by: duration)
      var least = Int.max
      while MonotonicInstant.ofSystem() < end {
        guard !isDone.hasCome else { throw FuzzFailure("it ended before its time") }
        bus.turn(&conduct)
        watch.look()
        least = min(least, liveBytes() ?? 0)
      }
      return least
    }

    mutating func end(_ watch: inout GrowthWatch) throws {
      isOver.come()
      let bound = MonotonicInstant.ofSystem().advanced(by: FuzzTarget.bound)
      while !isDone.hasCome {
        bus.turn(&conduct)
        watch.look()
        guard MonotonicInstant.ofSystem() < bound else {
          throw FuzzFailure("not done after \(FuzzTarget.bound): something waits for ever")
        }
      }
      conduct.end()
    }
  }
}

/// Whether a round is over, across threads.
final class RoundEnd: Sendable {
  private let value = Atomic(false)
  var hasCome: Bool { value.load(ordering: .acquiring) }
  func come() { value.store(true, ordering: .releasing) }
}
