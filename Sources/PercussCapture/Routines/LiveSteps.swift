import PercussWire

/// The steps that a central's speeds and force limits make, one after the other.
struct LiveSteps {
  private struct Command {
    var time: Int64
    /// Nil for the end of all motion.
    var speed: UInt16?
    var ramp: UInt16
    var force: UInt16
  }

  private var force: UInt16 = 0
  private var commands: [Command] = []
  private var isOver = false
  private var notes: [String] = []

  mutating func take(_ request: ControlRequest.Body, at time: Int64) {
    let time = PreparedItem.bounded(Int128(time))
    switch request {
    case .setForceLimit(let force):
      self.force = force
      // It belongs to the speed that follows at once, or changes the step that goes on.
      if let last = commands.last, last.speed != nil, !isOver, force != last.force {
        commands.append(Command(time: time, speed: last.speed, ramp: 0, force: force))
      }
    case .setSpeed(let speed, let ramp):
      if isOver { return }
      if let last = commands.last, time - last.time < 10_000_000 { commands.removeLast() }
      commands.append(Command(time: time, speed: speed, ramp: ramp, force: force))
    case .stop, .releaseControl:
      guard !commands.isEmpty, !isOver else { return }
      isOver = true
      commands.append(Command(time: time, speed: nil, ramp: 0, force: force))
    case .preset: notes.append("A preset was chosen, whose speed is the device's own; it is left out.")
    case .pause, .resume: notes.append("The motor was paused or went on; that is left out.")
    default: break
    }
  }

  func routine() throws(ExtractionError) -> ExtractedRoutine {
    guard commands.contains(where: { ($0.speed ?? 0) > 0 }), let first = commands.first else {
      throw ExtractionError("no routine was started and no speed was set")
    }
    guard isOver else {
      throw ExtractionError(
        "speeds were set, but the capture does not show the end of the last: neither a stop nor the release of control")
    }
    var segments: [RoutineSegment] = []
    var notes = self.notes
    let offsets = commands.map { Self.rounded($0.time - first.time) }
    for (place, command) in commands.enumerated().dropLast() {
      guard let speed = command.speed else { continue }
      let duration = offsets[place + 1] - offsets[place]
      guard duration >= 10 else { continue }
      guard duration <= 86_400_000 else {
        throw ExtractionError("a step lasts longer than the 24 h that a routine may")
      }
      let before = place > 0 ? commands[place - 1].speed ?? 0 : 0
      guard speed > 0 else {
        segments.append(.rest(UInt32(clamping: duration), force: command.force))
        continue
      }
      var rest = duration
      if command.ramp >= 10, before > 0, before != speed {
        let ramp = min(Int64(command.ramp), duration)
        if ramp < Int64(command.ramp) { notes.append("Step \(segments.count) ended before its ramp did.") }
        segments.append(segment(.ramp, from: before, to: speed, ramp, command.force))
        rest -= ramp
      } else if command.ramp >= 10, before == 0 {
        notes.append(
          "Step \(segments.count) took \(command.ramp) ms to its speed from rest; in a routine the device goes there as quickly as it can."
        )
      }
      if rest >= Self.shortest { segments.append(segment(.hold, from: speed, to: speed, rest, command.force)) }
    }
    guard !segments.isEmpty else { throw ExtractionError("every speed was set for less than 10 ms") }
    return ExtractedRoutine(mode: .live, segments: segments, notes: notes)
  }

  /// What is left behind a ramp and shorter comes of the rounding.
  private static let shortest: Int64 = 20

  private func segment(
    _ kind: SegmentKind, from: UInt16, to: UInt16, _ milliseconds: Int64, _ force: UInt16
  ) -> RoutineSegment {
    RoutineSegment(
      kind: kind, forceLimitDecinewtons: force, speedFromPPM: from, speedToPPM: to,
      durationMilliseconds: UInt32(clamping: milliseconds))
  }

  /// Nanoseconds in whole steps of the resolution, in milliseconds.
  private static func rounded(_ nanoseconds: Int64) -> Int64 {
    let step = ExtractedRoutine.liveResolution * 1_000_000
    return max(0, nanoseconds) / step * ExtractedRoutine.liveResolution
      + (max(0, nanoseconds) % step * 2 >= step ? ExtractedRoutine.liveResolution : 0)
  }
}
