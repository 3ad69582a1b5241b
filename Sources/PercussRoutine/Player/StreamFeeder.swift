internal import PercussTime
internal import PercussWire

/// Which streamed step is sent when, for one stream: from its first step to the wait, or the end, that ends it. Sans I/O.
///
/// ```
/// steps     … 11  12  13 │ 14  15  16  17 │ 18  19 │ 20 …
///                 played │ the device has │ sent   │ not sent: may still be edited
///                   place┘    acknowledged┘    sent┘
///           |── look-ahead + reserve ────────────────▶|
/// ```
///
/// - A step is sent when it begins within look-ahead and reserve, and when the newest credit leaves a place for it. The reserve is the time for some repetitions:
///   what the link may do to single steps does not eat into the look-ahead.
/// - Steps and credits may be lost or overtake each other. A credit that is behind is ignored, and without progress for ``timeout`` all is sent again
///   from the first step that the device lacks. Where that one does not get through though credits come, a request has to find out why.
/// - A stream ends with a rest, of its own where the plan has none there: that tells its end from a queue that ran dry.
struct StreamFeeder {
  struct Item: Equatable {
    /// Its place in the stream, from 0.
    var position: Int
    var index: UInt16
    var at: UInt32
    var segment: RoutineSegment
  }

  enum Next: Equatable {
    case send(Item)
    /// Ask for it by a request.
    case resolve(Item)
    /// Nothing before that instant.
    case wait(until: MonotonicInstant)
  }

  /// The number of its first step.
  let first: Int
  /// The number behind its last step.
  private(set) var end: Int
  let lookAhead: Int64
  let reserve: Int64
  let timeout: Duration

  private(set) var plan: Plan
  /// How much of the first step is over already, in milliseconds: after a seek.
  private let cut: Int64
  private let speedStep: UInt16
  private let queueDepth: Int
  /// How many steps the device has had, as far as it is known.
  private(set) var acknowledged = 0
  /// How many are sent.
  private(set) var sent = 0
  /// How many have been sent at least once: what may not be edited any more.
  private(set) var committed = 0
  /// How many have begun.
  private(set) var begun = 0
  private(set) var resentCount = 0
  /// Whether the stream has begun, as far as it is known.
  var isPlaying = false
  private var limit: Int
  private var due: MonotonicInstant?
  private var repetitions = 0
  private var creditsWithoutProgress = 0
  /// The least time that the device had steps for while more were to come, in milliseconds; evidence for the look-ahead.
  private(set) var leastAhead: Int64?

  /// Indices go up to 65,534.
  private static let indices = Int(WireConstants.noStep)
  /// A rest that brings the motor from any speed to a halt, so that the next stream can begin at once.
  static let settling: UInt32 = 500

  init(
    _ plan: Plan, from first: Int, cut: Int64 = 0, speedStep: UInt16, queueDepth: Int, lookAhead: Duration,
    connectionInterval: Int64?
  ) {
    self.plan = plan
    self.first = first
    self.cut = cut
    self.speedStep = max(1, speedStep)
    let section = plan.section(of: plan.index(ofNumber: first)).map { plan.sections[$0] }
    end = plan.isEndless && section?.wait == nil ? plan.numberCount : section?.wait ?? plan.numberCount
    limit = queueDepth
    self.queueDepth = queueDepth
    self.lookAhead = lookAhead.wholeMilliseconds
    timeout = .microseconds(100_000 + 4 * min(max(0, connectionInterval ?? 50_000), 4_000_000))
    reserve = max(1_000, 4 * timeout.wholeMilliseconds)
  }

  /// How many steps the stream has, with the rest that ends it.
  var count: Int { end - first + 1 }
  /// Whether the device has them all.
  var isComplete: Bool { acknowledged == count }
  /// Whether every step that is due before the start is with the device.
  var isReady: Bool { acknowledged == sent && (sent == count || sent >= limit || at(sent) > lookAhead) }

  /// When a step begins, in milliseconds from the start of the stream.
  func at(_ position: Int) -> Int64 {
    position == 0 ? 0 : plan.offset(ofNumber: min(first + position, end)) - plan.offset(ofNumber: first) - cut
  }

  func item(_ position: Int) -> Item {
    Item(
      position: position, index: UInt16(truncatingIfNeeded: position % Self.indices),
      at: UInt32(clamping: at(position)),
      segment: segment(position))
  }

  private func segment(_ position: Int) -> RoutineSegment {
    guard first + position < end else {
      return RoutineSegment(
        kind: .rest, forceLimitDecinewtons: 0, speedFromPPM: 0, speedToPPM: 0, durationMilliseconds: Self.settling)
    }
    let step = plan.steps[plan.index(ofNumber: first + position)]
    var segment = step.segment
    guard position == 0, cut > 0 else { return segment }
    segment.durationMilliseconds = UInt32(clamping: max(10, Int64(step.duration) - cut))
    if step.kind == .ramp {
      let exact =
        Int64(step.speedFrom) + (Int64(step.speedTo) - Int64(step.speedFrom)) * cut / max(1, Int64(step.duration))
      segment.speedFromPPM = UInt16(clamping: exact / Int64(speedStep) * Int64(speedStep))
    }
    return segment
  }

  /// Where the step with that number is entered, in microseconds of the plan's nominal time.
  func nominal(_ number: Int) -> Int64 {
    (plan.offset(ofNumber: number) + (number == first ? cut : 0)) * 1_000
  }

  /// What to do now. `place` is how far the device is at most in the stream, in milliseconds.
  mutating func next(place: Int64, at now: MonotonicInstant) -> Next {
    if let due, due <= now, acknowledged < sent {
      self.due = nil
      repetitions += 1
      if repetitions > 2, creditsWithoutProgress > 2 {
        repetitions = 0
        creditsWithoutProgress = 0
        return .resolve(item(acknowledged))
      }
      resentCount += sent - acknowledged
      sent = acknowledged
    }
    if isPlaying, acknowledged < count { leastAhead = min(leastAhead ?? .max, at(acknowledged) - place) }
    let horizon = place + lookAhead + reserve
    if sent < count, sent < limit, at(sent) <= horizon {
      let item = item(sent)
      sent += 1
      committed = max(committed, sent)
      if due == nil { due = now.advanced(by: timeout) }
      return .send(item)
    }
    var wake = due ?? .distantFuture
    if sent < count, sent < limit {
      wake = min(wake, now.advanced(by: .milliseconds(max(1, at(sent) - horizon))))
    }
    return .wait(until: wake)
  }

  /// The device said which index it expects, and how many places are left.
  mutating func credited(nextIndex: UInt16, free: UInt8, at now: MonotonicInstant) {
    guard let position = position(of: nextIndex, from: acknowledged), position <= committed else { return }
    if position == acknowledged { creditsWithoutProgress += 1 }
    limit = max(limit, position + Int(free))
    begun = max(begun, position - (queueDepth - Int(free)))
    guard position > acknowledged else { return }
    acknowledged = position
    sent = max(sent, position)
    repetitions = 0
    creditsWithoutProgress = 0
    due = acknowledged < sent ? now.advanced(by: timeout) : nil
  }

  /// A request found out which index the device expects; nil when it took the step.
  mutating func resolved(expecting index: UInt16?, at now: MonotonicInstant) -> Bool {
    guard let index else {
      acknowledged = min(acknowledged + 1, committed)
      sent = max(sent, acknowledged)
      due = acknowledged < sent ? now.advanced(by: timeout) : nil
      return true
    }
    // Behind what it was thought to have: a credit was taken for another stream's.
    let back = (acknowledged % Self.indices - Int(index) + Self.indices) % Self.indices
    let position =
      self.position(of: index, from: acknowledged).flatMap { $0 <= committed ? $0 : nil }
      ?? acknowledged - back
    guard (begun...max(begun, committed)).contains(position) else { return false }
    acknowledged = position
    sent = position
    due = nil
    return true
  }

  /// The number of the step that an event or telemetry names; `end` for the rest that ends the stream. Nil for one that is not of this stream.
  func number(ofIndex index: UInt16) -> Int? {
    guard index != WireConstants.noStep else { return nil }
    let back = Self.indices / 2
    let base = max(0, begun - back)
    guard let position = position(of: index, from: base), position < committed else { return nil }
    return first + position
  }

  private func position(of index: UInt16, from base: Int) -> Int? {
    guard index != WireConstants.noStep else { return nil }
    return base + (Int(index) - base % Self.indices + Self.indices) % Self.indices
  }

  /// A step is known to have begun, which leaves its place in the queue.
  mutating func began(_ number: Int) {
    begun = max(begun, number - first + 1)
    limit = max(limit, begun + queueDepth)
  }

  /// Another plan takes over from the first step that was not sent; false where it differs before that.
  mutating func replace(with plan: Plan) -> Bool {
    let fixed = first + committed
    guard !plan.isEndless, !self.plan.isEndless, committed < count, plan.steps.count >= fixed,
      plan.steps.prefix(fixed) == self.plan.steps.prefix(fixed), let section = plan.section(of: first),
      case let end = plan.sections[section].wait ?? plan.steps.count, end >= fixed
    else { return false }
    (self.plan, self.end) = (plan, end)
    return true
  }
}

extension StreamFeeder {
  /// The longest look-ahead that the device's queue allows for a plan, in milliseconds, and the step from which it is so short; nil where it is not limited.
  ///
  /// While a step plays, the queue holds the `queueDepth` steps behind it.
  static func longestLookAhead(_ plan: Plan, queueDepth: Int) -> (step: Int, milliseconds: Int64)? {
    guard queueDepth > 0 else { return nil }
    var worst: (step: Int, milliseconds: Int64)?
    let count = plan.isEndless ? min(plan.numberCount, plan.steps.count * 2 + queueDepth) : plan.steps.count
    for number in 0..<max(0, count - queueDepth) {
      let held = plan.offset(ofNumber: number + queueDepth) - plan.offset(ofNumber: number)
      if held < worst?.milliseconds ?? .max { worst = (plan.index(ofNumber: number), held) }
    }
    return worst
  }
}
