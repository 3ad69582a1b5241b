import PercussWire

/// The steps that a central's speeds and force limits make, one after the other.
struct LiveSteps {
  /// A speed that was set; nil for the end of all motion.
  private struct Speed {
    var time: Int64
    var ppm: UInt16?
    var ramp: UInt16
  }

  /// What the device says of its speeds, where the capture has it.
  var feature: DeviceFeature?
  private var speeds: [Speed] = []
  private var limits: [LiveForce.Change] = []
  private var isOver = false
  private var notes: [String] = []

  mutating func take(_ request: ControlRequest.Body, at time: Int64) {
    let time = PreparedItem.bounded(Int128(time))
    switch request {
    case .setForceLimit(let force):
      if !isOver { limits.append(LiveForce.Change(time: time, limit: force)) }
    case .setSpeed(let speed, let ramp):
      if isOver { return }
      if let last = speeds.last, time - last.time < 10_000_000 { speeds.removeLast() }
      speeds.append(Speed(time: time, ppm: speed, ramp: ramp))
    case .stop, .releaseControl:
      guard !speeds.isEmpty, !isOver else { return }
      isOver = true
      speeds.append(Speed(time: time, ppm: nil, ramp: 0))
    case .preset: notes.append("A preset was chosen, whose speed is the device's own; it is left out.")
    case .pause, .resume: notes.append("The motor was paused or went on; that is left out.")
    default: break
    }
  }

  func routine() throws(ExtractionError) -> ExtractedRoutine {
    guard speeds.contains(where: { ($0.ppm ?? 0) > 0 }) else {
      throw ExtractionError("no routine was started and no speed was set")
    }
    guard isOver else {
      throw ExtractionError(
        "speeds were set, but the capture does not show the end of the last: neither a stop nor the release of control")
    }
    let motion = LiveMotion(feature)
    var moves = try self.moves(on: motion)
    moves = motion.joined(motion.merged(moves), lead: LiveForce.lead(of: limits, beside: moves))
    let forces = LiveForce.forces(of: limits, in: moves)
    var segments: [RoutineSegment] = []
    var notes = self.notes
    for (move, force) in zip(moves, forces) {
      segments += motion.segments(of: move, force, from: segments.count, &notes)
    }
    guard !segments.isEmpty else { throw ExtractionError("every speed was set for less than 10 ms") }
    return ExtractedRoutine(mode: .live, segments: segments, notes: notes)
  }

  /// From each speed to the next.
  private func moves(on motion: LiveMotion) throws(ExtractionError) -> [LiveMove] {
    guard let begin = speeds.first?.time else { return [] }
    let offsets = speeds.map { Self.rounded($0.time - begin) }
    var moves: [LiveMove] = []
    var present: UInt16 = 0
    for (place, speed) in speeds.enumerated().dropLast() {
      guard let ppm = speed.ppm else { continue }
      let duration = offsets[place + 1] - offsets[place]
      guard duration >= 10 else { continue }
      guard duration <= 86_400_000 else {
        throw ExtractionError("a step lasts longer than the 24 h that a routine may")
      }
      let move = LiveMove(
        time: speed.time, duration: duration, from: present, to: ppm, ramp: speed.ramp < 10 ? 0 : Int64(speed.ramp))
      moves.append(motion.cut(move))
      present = moves.last?.to ?? ppm
    }
    return moves
  }

  /// Nanoseconds in whole steps of the resolution, in milliseconds.
  private static func rounded(_ nanoseconds: Int64) -> Int64 {
    let step = ExtractedRoutine.liveResolution * 1_000_000
    return max(0, nanoseconds) / step * ExtractedRoutine.liveResolution
      + (max(0, nanoseconds) % step * 2 >= step ? ExtractedRoutine.liveResolution : 0)
  }
}
