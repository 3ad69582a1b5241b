import PercussWire

/// What a motor that is led does from one speed that is set to the next.
struct LiveMove: Equatable {
  /// In nanoseconds.
  var time: Int64
  /// In milliseconds.
  var duration: Int64
  /// The speed before, in PPM.
  var from: UInt16
  /// The speed that it leads to, in PPM.
  var to: UInt16
  /// How long that takes, in milliseconds; 0 for as quickly as the motor can.
  var ramp: Int64
}

/// The ways in which a plan's step becomes several speeds, undone.
struct LiveMotion {
  private let feature: DeviceFeature?
  private let step: Int64

  /// What is left of a step and shorter comes of the rounding, in milliseconds.
  private static let shortest: Int64 = 20
  /// The player sends a ramp of more than 60 s in pieces of half of that or more.
  private static let shortestPiece: Int64 = 30_000
  /// What instants of live commands may be off by, in milliseconds.
  private static let inexactness: Int64 = 15
  /// How long a motor takes from rest to its highest speed and back, as the player reckons; in milliseconds.
  private static let (climbing, falling): (Int64, Int64) = (1_000, 400)
  /// Between speeds without an interval known, the player leaves 200 ms.
  private static let longestLead: Int64 = 200

  init(_ feature: DeviceFeature?) {
    self.feature = feature
    step = Int64(max(1, feature?.speedStepPPM ?? 10))
  }

  /// A ramp that was not played to its end leads to where the motor was then.
  func cut(_ move: LiveMove) -> LiveMove {
    guard move.ramp - move.duration >= Self.shortest else { return move }
    var move = move
    let exact = Int64(move.from) + (Int64(move.to) - Int64(move.from)) * move.duration / move.ramp
    move.to = UInt16(clamping: (exact + step / 2) / step * step)
    move.ramp = move.duration
    return move
  }

  /// Pieces of one ramp become one.
  func merged(_ moves: [LiveMove]) -> [LiveMove] {
    var result: [LiveMove] = []
    // How many pieces the last one has, and how long they are.
    var (count, length): (Int64, Int64) = (1, 0)
    for move in moves {
      if let last = result.last, last.from > 0, last.to > 0, last.to != last.from, move.ramp >= Self.shortestPiece,
        abs(last.duration - last.ramp) < Self.shortest, last.ramp >= Self.shortestPiece,
        case let piece = count == 1 ? last.ramp : length, abs(piece - move.ramp) <= 2,
        isBetween(last, move)
      {
        result[result.count - 1].to = move.to
        result[result.count - 1].ramp += move.ramp
        result[result.count - 1].duration += move.duration
        (count, length) = (count + 1, piece)
      } else {
        result.append(move)
        count = 1
      }
    }
    return result
  }

  /// Whether a ramp passes through its middle speed where one line does, rounded.
  private func isBetween(_ first: LiveMove, _ second: LiveMove) -> Bool {
    let exact =
      Int64(first.from) + (Int64(second.to) - Int64(first.from)) * first.ramp / max(1, first.ramp + second.ramp)
    return abs(exact - Int64(first.to)) <= step && second.to != first.from
  }

  /// A ramp that begins elsewhere than the motor is was joined where the motor could be: it begins with the speed that has there.
  ///
  /// - Parameter lead: how long before the next speed others are sent at least, in milliseconds, as far as the conversation shows it.
  func joined(_ moves: [LiveMove], lead: Int64?) -> [LiveMove] {
    var result: [LiveMove] = []
    for move in moves {
      if let last = result.last, let from = beginning(of: move, joinedIn: last, lead) {
        result[result.count - 1] = LiveMove(
          time: last.time, duration: last.duration + move.duration, from: from, to: move.to,
          ramp: last.duration + move.ramp)
      } else {
        result.append(move)
      }
    }
    return result
  }

  /// Where a ramp begins on the whole line; nil where the speed before it is a step of its own.
  private func beginning(of ramp: LiveMove, joinedIn before: LiveMove, _ lead: Int64?) -> UInt16? {
    guard let feature, before.ramp == 0, before.to > 0, ramp.ramp > 0, ramp.to > 0, ramp.from == before.to,
      before.to != before.from, ramp.to != ramp.from, before.duration < Self.climbing + Self.inexactness
    else { return nil }
    let (to, joined, whole) = (Int64(ramp.to), Int64(ramp.from), before.duration + ramp.ramp)
    let nearest = (to - (to - joined) * whole / ramp.ramp + step / 2) / step * step
    let range = Int64(feature.speedMinimumPPM)...Int64(max(feature.speedMinimumPPM, feature.speedMaximumPPM))
    return [nearest, nearest - step, nearest + step].first { from in
      guard range.contains(from), from != to, from != Int64(before.from) else { return false }
      // The motor is sent to where the line is when it can be there, in a speed that it has.
      let exact = from + (to - from) * before.duration / whole
      guard max(range.lowerBound, (exact + step / 2) / step * step) == joined else { return false }
      let change = abs(from - Int64(before.from))
      let full = from > Int64(before.from) ? Self.climbing : Self.falling
      let time = full * change / max(1, Int64(feature.speedMaximumPPM))
      if abs(before.duration - time) <= Self.inexactness { return true }
      guard time < before.duration else { return false }
      return lead.map { abs(before.duration - $0) <= Self.inexactness } ?? (before.duration <= Self.longestLead)
    }.map { UInt16(clamping: $0) }
  }

  // MARK: Segments

  func segments(
    of move: LiveMove, _ force: LiveForce, from number: Int, _ notes: inout [String]
  ) -> [RoutineSegment] {
    guard move.to > 0 || move.ramp > 0 && move.from > 0 else {
      return [.rest(UInt32(clamping: move.duration), force: force.first)]
    }
    var segments: [RoutineSegment] = []
    var begin: Int64 = 0
    if let ramp = ramp(of: move, number, &notes) {
      begin = move.duration - ramp < Self.shortest ? move.duration : ramp
      let inIt = force.changes.filter { $0.time - move.time < ramp * 1_000_000 }.map(\.limit)
      let least = inIt.reduce(force.first) { LiveForce.isLower($1, than: $0) ? $1 : $0 }
      if !inIt.isEmpty {
        notes.append("The force limit changed within step \(number), a ramp; the lowest of its limits stands there.")
      }
      let (from, to) = (move.from == 0 ? lowest(move.to) : move.from, move.to == 0 ? lowest(move.from) : move.to)
      segments.append(segment(from == to ? .hold : .ramp, from: from, to: to, ramp, least))
    }
    guard move.to > 0 else {
      if begin < move.duration { segments.append(.rest(UInt32(clamping: move.duration - begin), force: force.first)) }
      return segments
    }
    var limit = force.first
    for change in force.changes {
      let time = min(move.duration, (change.time - move.time) / 10_000_000 * 10)
      if time - begin >= Self.shortest {
        segments.append(segment(.hold, from: move.to, to: move.to, time - begin, limit))
        begin = time
      }
      limit = change.limit
    }
    if move.duration - begin >= (segments.isEmpty ? 10 : Self.shortest) {
      segments.append(segment(.hold, from: move.to, to: move.to, move.duration - begin, limit))
    }
    return segments
  }

  /// How long a move's ramp takes, in milliseconds; nil for a move without one that a routine can have.
  private func ramp(of move: LiveMove, _ number: Int, _ notes: inout [String]) -> Int64? {
    guard move.ramp > 0, move.from != move.to else { return nil }
    let ramp = min(move.ramp, move.duration + Self.shortest - 1)
    if move.from == 0 || move.to == 0 {
      let direction = move.from == 0 ? "from" : "to"
      notes.append(
        "Step \(number) took \(move.ramp) ms to its speed \(direction) rest; in a routine the device goes as quickly as it can \(direction) its lowest speed."
      )
    }
    return ramp
  }

  /// The device's lowest speed, but none above one that it had.
  private func lowest(_ other: UInt16) -> UInt16 {
    min(other, feature?.speedMinimumPPM ?? other)
  }

  private func segment(
    _ kind: SegmentKind, from: UInt16, to: UInt16, _ milliseconds: Int64, _ force: UInt16
  ) -> RoutineSegment {
    RoutineSegment(
      kind: kind, forceLimitDecinewtons: force, speedFromPPM: from, speedToPPM: to,
      durationMilliseconds: UInt32(clamping: milliseconds))
  }
}
