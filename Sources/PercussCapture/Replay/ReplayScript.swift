public import PercussGATT
public import PercussTime
import PercussWire

/// When to say what the central said in a captured conversation, and what came of it: decisions without I/O.
///
/// An item is due at its captured time. It waits, too, for what the central had heard before it: the values that the capture shows before it on the
/// characteristics that the central writes to, and, where the device answers it, all others but samples. What waits in vain goes on after ``patience``.
///
/// While keep-alives go out the device acts by its own clock, so there an item that was held up makes nothing behind it later: what follows is due at its
/// captured time after the start again. Elsewhere, and from a start on, what follows keeps its distance to it.
public struct ReplayScript: Sendable {
  /// How quickly the items follow each other.
  public enum Pace: Sendable {
    /// At their captured times.
    case captured
    /// Without the pauses in which no keep-alive goes out: there an item is said as soon as what the capture shows before it has come.
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
  /// Behind what the device did not answer, such as a quiet keep-alive, its time counts for this long: the recommended lease.
  static let leaseNanoseconds: Int64 = 2_000_000_000

  private let captured: Conversation
  private let pace: Pace
  private var items: [Item] = []
  private var next = 0
  private var start: MonotonicInstant?
  /// How much later than captured what comes next is due; below zero where promptly all is earlier.
  private var shift = Duration.zero
  /// The most that it was: what was caused then may take as long.
  private var greatestShift = Duration.zero
  /// How much later than captured the newest was said.
  private var lateness = Duration.zero
  private var received: [BluetoothUUID: Int] = [:]
  /// Values that are not waited for any more.
  private var givenUp: [BluetoothUUID: Int] = [:]

  /// Something that the central says, or the end.
  private struct Item {
    /// Its place in the conversation; nil for the end.
    let place: Int?
    /// Nanoseconds, as captured.
    let time: Int64
    /// How many values of which characteristic that the central writes to came before it.
    let answers: [BluetoothUUID: Int]
    /// How many of which others, but samples.
    let others: [BluetoothUUID: Int]
    /// Whether the device answered it with a value.
    var isAnswered: Bool
    /// Whether instants are counted from it.
    let isStart: Bool
    /// Whether keep-alives go out, so that the device's time counts.
    var isTimed = false
  }

  /// A script at its beginning.
  public init(_ captured: Conversation, pace: Pace) {
    self.captured = captured
    self.pace = pace
    var answers: [BluetoothUUID: Int] = [:]
    var others: [BluetoothUUID: Int] = [:]
    /// What was written to each characteristic last.
    var lasts: [BluetoothUUID: Int] = [:]
    let written = Set(captured.items.filter { $0.action == .write || $0.action == .command }.map(\.characteristic))
    for (place, item) in captured.items.enumerated() {
      if item.isFromCentral {
        let isWritten = item.action == .write || item.action == .command
        if isWritten { lasts[item.characteristic] = items.count }
        items.append(
          Item(
            place: place, time: item.time, answers: answers, others: others, isAnswered: !isWritten,
            isStart: isWritten && Self.isStart(item)))
      } else if written.contains(item.characteristic) {
        if let last = lasts[item.characteristic] { items[last].isAnswered = true }
        answers[item.characteristic, default: 0] += 1
      } else if !ComparisonRules.isSampled(item.characteristic) {
        others[item.characteristic, default: 0] += 1
      }
    }
    var quiet: Int64?
    for place in items.indices {
      let time = PreparedItem.bounded(Int128(items[place].time))
      if !items[place].isAnswered { quiet = time }
      items[place].isTimed = quiet.map { time - $0 <= Self.leaseNanoseconds } ?? false
    }
    items.append(
      Item(
        place: nil, time: captured.items.last?.time ?? 0, answers: answers, others: others, isAnswered: true,
        isStart: false, isTimed: pace == .captured))
  }

  private static func isStart(_ item: ConversationItem) -> Bool {
    guard case .frame(let frame) = item.content else { return false }
    return frame.fields.contains {
      if case .start = ComparisonRules.rule(of: $0.schema, in: frame.message) { true } else { false }
    }
  }

  /// How many items the central says.
  public var count: Int { items.count - 1 }

  /// The place behind the item that was said last.
  var reachedPlace: Int { next > 0 ? (items[next - 1].place ?? -1) + 1 : 0 }

  /// How much later than captured the newest was said, for want of answers.
  public var delay: Duration { max(.zero, lateness) }

  /// The time of the conversation at an instant, in nanoseconds: at the first item that of the capture.
  public func time(at instant: MonotonicInstant) -> Int64 {
    guard let start, count > 0 else { return 0 }
    return PreparedItem.bounded(Int128(items[0].time) + Int128(start.duration(to: instant).wholeNanoseconds))
  }

  /// A value came.
  public mutating func receive(_ characteristic: BluetoothUUID) {
    received[characteristic, default: 0] += 1
  }

  /// What to do at an instant.
  public mutating func step(at now: MonotonicInstant) -> Step {
    let beginning = start ?? now
    start = beginning
    let item = items[next]
    let captured = beginning.advanced(by: Self.duration(from: items[0].time, to: item.time))
    // What belongs to the last items may take its time as well.
    let due = captured.advanced(by: item.place == nil ? shift + Self.patience : shift)
    if pace == .captured || item.isTimed, now < due { return .wait(until: due) }
    let missing = missing(before: item)
    if !missing.isEmpty {
      let end =
        pace == .captured
        ? due.advanced(by: Self.patience)
        : captured.advanced(by: greatestShift + Self.promptPatience)
      guard now >= end else { return .wait(until: end) }
      for (characteristic, count) in missing { givenUp[characteristic, default: 0] += count }
    }
    guard let place = item.place else { return .finished }
    lateness = captured.duration(to: now)
    if item.isStart || !item.isTimed {
      shift = lateness
      greatestShift = max(greatestShift, shift)
    }
    next += 1
    return .say(place)
  }

  /// How many values of which characteristic an item waits for.
  private func missing(before item: Item) -> [BluetoothUUID: Int] {
    // What keeps the control of the device waits for no event.
    let awaited = item.isAnswered ? item.answers.merging(item.others) { $0 + $1 } : item.answers
    var missing: [BluetoothUUID: Int] = [:]
    for (characteristic, count) in awaited {
      let rest = count - received[characteristic, default: 0] - givenUp[characteristic, default: 0]
      if rest > 0 { missing[characteristic] = rest }
    }
    return missing
  }

  private static func duration(from: Int64, to: Int64) -> Duration {
    .nanoseconds(max(0, PreparedItem.bounded(Int128(to) - Int128(from))))
  }
}
