import PercussWire

/// The steps that a central streams, one stream after the other; where one ends and the next begins, the operator was waited for.
///
/// ```
/// flush ▸ step 0, 1, … rest ▸ start ▸ … ▸ ended │ flush ▸ step 0, … ▸ start ▸ … ▸ ended
///         └───── one section of the routine ──┘ wait      └── the next ──┘
/// ```
///
/// The streams since control was taken belong together, those after a stop not to those before it.
struct StreamedSteps {
  private struct Step: Equatable {
    var start: UInt32
    var segment: RoutineSegment
  }

  private struct Stream {
    /// By place; indices on the wire begin again behind the last.
    var steps: [Int: Step] = [:]
    var newest = 0
    /// When it began by the device's clock, in microseconds.
    var begin: UInt64 = 0
    /// Why it did not come to its end, if so; in words.
    var interruption: String?

    /// When its last step is over, in milliseconds from its beginning.
    var end: UInt64 {
      steps.values.map { UInt64($0.start) + UInt64($0.segment.durationMilliseconds) }.max() ?? 0
    }
  }

  /// Those that were started and are over.
  private var streams: [Stream] = []
  /// The steps since the queue was empty.
  private var queue = Stream()
  private var isPlaying = false
  private var isReleased = false
  private var problem: String?

  private static let indices = Int(WireConstants.noStep)

  mutating func take(_ index: UInt16, at start: UInt32, _ segment: RoutineSegment) {
    let step = Step(start: start, segment: segment)
    let ahead = (Int(index) - queue.newest % Self.indices + Self.indices) % Self.indices
    let place = queue.newest + (ahead > Self.indices / 2 ? ahead - Self.indices : ahead)
    // What is lost on the way is sent again, unchanged.
    if let known = queue.steps[place], known != step {
      problem = "step \(place) of a stream was sent twice, and not the same; which of them the device took is not known"
    }
    queue.steps[place] = step
    queue.newest = max(queue.newest, place)
  }

  mutating func flush() {
    close()
    queue = Stream()
  }

  /// The device has emptied its queue, and says what it does.
  mutating func flushed(in state: DeviceState) {
    guard state == .stream || state == .paused else { return }
    problem = "steps were taken back from a stream while it played; which of them had begun is not known"
  }

  mutating func started(at instant: UInt64) {
    if isReleased { streams = [] }
    isReleased = false
    queue.begin = instant
    isPlaying = true
  }

  mutating func ended(_ cause: ChangeCause) {
    guard isPlaying else { return }
    close(cause == .completed ? nil : "it ended early (\(cause))")
    queue = Stream()
  }

  mutating func stopped() {
    close("it was stopped")
    queue = Stream()
  }

  mutating func released() {
    isReleased = true
  }

  private mutating func close(_ interruption: String? = nil) {
    guard isPlaying else { return }
    isPlaying = false
    queue.interruption = interruption
    streams.append(queue)
  }

  // MARK: What it was

  func routine() throws(ExtractionError) -> ExtractedRoutine {
    if let problem { throw ExtractionError(problem) }
    var played = isPlaying ? streams + [queue] : streams
    var notes: [String] = []
    if let last = played.dropLast().lastIndex(where: { $0.interruption != nil }) {
      let count = played[...last].reduce(0) { $0 + $1.steps.count }
      notes.append(
        "\(count) steps were streamed before, until a stream did not come to its end (\(played[last].interruption ?? "")); they are left out."
      )
      played.removeSubrange(...last)
    }
    if let interruption = played.last?.interruption {
      notes.append("The stream was not played to its end: \(interruption). All steps that were sent stand here.")
    }
    let limitsForce = played.contains { $0.steps.values.contains { $0.segment.forceLimitDecinewtons > 0 } }
    var segments: [RoutineSegment] = []
    var leftOut = 0
    for (place, stream) in played.enumerated() {
      let name = played.count == 1 ? "the stream" : "stream \(place + 1)"
      let section = try Self.segments(of: stream, called: name, behind: segments.count, &notes)
      segments += section
      // Streams end with a rest; one that the central has added has no force limit, where all others have one.
      if let last = section.last, last.kind == .rest, last.forceLimitDecinewtons == 0, limitsForce {
        segments.removeLast()
        leftOut += 1
      }
      if place + 1 < played.count {
        segments.append(Self.wait(from: stream, to: played[place + 1]))
      }
    }
    if leftOut > 0 {
      notes.append(
        leftOut == 1 ? "The rest that ends the stream is left out." : "The rests that end the streams are left out.")
    }
    if played.count > 1 {
      notes.append(
        "Where one stream ended and the next began a wait stands; its time-out is not in a conversation and made up.")
      let force = segments.first { $0.kind == .rest } ?? segments.first { $0.kind != .wait }
      for place in segments.indices where segments[place].kind == .wait {
        segments[place].forceLimitDecinewtons = force?.forceLimitDecinewtons ?? 0
      }
    }
    guard segments.contains(where: { $0.kind != .wait }) else {
      throw ExtractionError("a stream was started, but none of its steps is in the capture")
    }
    return ExtractedRoutine(mode: .streamed, segments: segments, notes: notes)
  }

  private static func segments(
    of stream: Stream, called name: String, behind count: Int, _ notes: inout [String]
  ) throws(ExtractionError) -> [RoutineSegment] {
    let ordered = stream.steps.sorted { $0.key < $1.key }
    guard ordered.first?.key == 0 else {
      throw ExtractionError("\(name) was started, but its first step is not in the capture")
    }
    var segments: [RoutineSegment] = []
    var end: UInt64 = 0
    for (place, step) in ordered.enumerated() {
      guard step.key == place else {
        throw ExtractionError("step \(place) of \(name) is missing in the capture")
      }
      let gap = UInt64(step.value.start).subtractingReportingOverflow(end)
      guard !gap.overflow else {
        throw ExtractionError("step \(place) of \(name) begins before the one before it ends")
      }
      if gap.partialValue > 0 {
        notes.append(
          "Before step \(count + segments.count) the stream has nothing for \(gap.partialValue) ms; a rest stands there."
        )
        segments.append(.rest(UInt32(clamping: gap.partialValue), force: step.value.segment.forceLimitDecinewtons))
      }
      segments.append(step.value.segment)
      end = UInt64(step.value.start) + UInt64(step.value.segment.durationMilliseconds)
    }
    return segments
  }

  /// The time-out is as long as it took, in whole minutes.
  private static func wait(from stream: Stream, to next: Stream) -> RoutineSegment {
    let end = stream.begin.addingReportingOverflow(stream.end * 1_000)
    let taken = end.overflow || next.begin < end.partialValue ? 0 : next.begin - end.partialValue
    let minutes = min(max(1, taken / 60_000_000 + (taken % 60_000_000 > 0 ? 1 : 0)), 1_440)
    return RoutineSegment(
      kind: .wait, forceLimitDecinewtons: 0, speedFromPPM: 0, speedToPPM: 0,
      durationMilliseconds: UInt32(clamping: minutes * 60_000))
  }
}
