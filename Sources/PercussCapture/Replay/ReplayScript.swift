public import PercussGATT
public import PercussTime

/// When to say what the central said in a captured conversation, and what came of it: decisions without I/O.
///
/// An item is due at its captured time. It waits, too, for the answers that the central had heard before it: the values that the capture shows before it on the
/// characteristics that the central writes to. Where these come late everything behind is as much later; where they do not come at all it goes on after
/// ``patience``.
public struct ReplayScript: Sendable {
  /// How quickly the items follow each other.
  public enum Pace: Sendable {
    /// At their captured times.
    case captured
    /// As soon as what the capture shows before them has come. What the device did not answer, such as a quiet keep-alive, keeps its distance to what was
    /// said before it, because it says that the central is there.
    case prompt
  }

  /// What to do next.
  public enum Step: Equatable, Sendable {
    /// Say the item at this place.
    case say(Int)
    /// Ask again at that instant, or when a value has come.
    case wait(until: MonotonicInstant)
    /// All is said, and what belongs to it has come, or had its time.
    case finished
  }

  /// How long an item waits for answers at its captured time.
  public static let patience = Duration.milliseconds(200)
  /// How much longer than in the capture an item waits for what came before it, where all follows promptly.
  public static let promptPatience = Duration.seconds(1)

  private let captured: Conversation
  private let pace: Pace
  /// The places of what the central says.
  private let places: [Int]
  /// What each item of ``places``, and the end, waits for: how many values of which characteristic.
  private let awaited: [[BluetoothUUID: Int]]
  /// Items of ``places`` that the device answered with a value.
  private let isAnswered: [Bool]
  private var next = 0
  private var start: MonotonicInstant?
  /// How much later than captured all is.
  private var shift = Duration.zero
  private var lastSaid: MonotonicInstant?
  private var received: [BluetoothUUID: Int] = [:]
  /// Values that are not waited for any more.
  private var givenUp: [BluetoothUUID: Int] = [:]
  /// When it went on last without answers.
  private var excuse = MonotonicInstant.zero

  /// A script at its beginning.
  public init(_ captured: Conversation, pace: Pace) {
    self.captured = captured
    self.pace = pace
    var places: [Int] = []
    var awaited: [[BluetoothUUID: Int]] = []
    var isAnswered: [Bool] = []
    var seen: [BluetoothUUID: Int] = [:]
    let written = Set(captured.items.filter { $0.action == .write || $0.action == .command }.map(\.characteristic))
    for (place, item) in captured.items.enumerated() {
      if item.isFromCentral {
        places.append(place)
        awaited.append(seen)
        isAnswered.append(item.action != .write && item.action != .command)
      } else {
        let answers = written.contains(item.characteristic)
        if answers, let last = isAnswered.indices.last { isAnswered[last] = true }
        let isSample = ComparisonRules.isSampled(item.characteristic)
        if answers || pace == .prompt && !isSample { seen[item.characteristic, default: 0] += 1 }
      }
    }
    awaited.append(seen)
    (self.places, self.awaited, self.isAnswered) = (places, awaited, isAnswered)
  }

  /// How many items the central says.
  public var count: Int { places.count }

  /// The place behind the item that was said last.
  var reachedPlace: Int { next > 0 ? places[next - 1] + 1 : 0 }

  /// How much later than captured the newest was said, for want of answers.
  public var delay: Duration { shift }

  /// The time of the conversation at an instant, in nanoseconds: at the first item that of the capture.
  public func time(at instant: MonotonicInstant) -> Int64 {
    guard let start, let first = places.first else { return 0 }
    return PreparedItem.bounded(
      Int128(captured.items[first].time) + Int128(start.duration(to: instant).wholeNanoseconds))
  }

  /// A value came.
  public mutating func receive(_ characteristic: BluetoothUUID) {
    received[characteristic, default: 0] += 1
  }

  /// What to do at an instant.
  public mutating func step(at now: MonotonicInstant) -> Step {
    let beginning = start ?? now
    start = beginning
    let due = dueInstant(since: beginning)
    if keepsTime, now < due { return .wait(until: due) }
    if !hasAnswers {
      let end = due.advanced(by: pace == .captured ? Self.patience : Self.promptPatience)
      guard now >= end else { return .wait(until: end) }
      giveUp()
      excuse = now
    } else if pace == .captured, next < places.count {
      // Late by answers that came, so what follows keeps its distance. Time that was lost waiting in vain is made up for.
      shift += max(.zero, max(due, excuse).duration(to: now))
    }
    guard next < places.count else { return .finished }
    lastSaid = now
    next += 1
    return .say(places[next - 1])
  }

  /// Whether the next item, or the end, has its time, whatever has come before.
  private var keepsTime: Bool { pace == .captured || next < places.count && !isAnswered[next] }

  /// When the next item is due, or the end.
  private func dueInstant(since start: MonotonicInstant) -> MonotonicInstant {
    let time = next < places.count ? captured.items[places[next]].time : captured.items.last?.time ?? 0
    if pace == .captured {
      guard let first = places.first else { return start }
      // What belongs to the last items may take its time as well.
      let grace = next < places.count ? .zero : Self.patience
      return start.advanced(by: Self.duration(from: captured.items[first].time, to: time) + shift + grace)
    }
    guard let lastSaid, next > 0 else { return start }
    return lastSaid.advanced(by: Self.duration(from: captured.items[places[next - 1]].time, to: time))
  }

  private var hasAnswers: Bool {
    awaited[next].allSatisfy { received[$0.key, default: 0] + givenUp[$0.key, default: 0] >= $0.value }
  }

  private mutating func giveUp() {
    for (characteristic, count) in awaited[next] {
      givenUp[characteristic] = max(givenUp[characteristic, default: 0], count - received[characteristic, default: 0])
    }
  }

  private static func duration(from: Int64, to: Int64) -> Duration {
    .nanoseconds(max(0, PreparedItem.bounded(Int128(to) - Int128(from))))
  }
}
