/// Which force limit a led device has in which move.
///
/// ```
/// hold 1900, 60 N         │ ramp 1900..2300, 90 N
/// speed 1900              │ speed 2300 in 20 s    limit 90
///                                                 ▲ belongs to the ramp
/// ```
///
/// Whoever leads a device sends limit and speed one after the other, a limit that falls before the speed that it is for and one that rises behind it. What
/// stands close to a speed is therefore no step of its own.
struct LiveForce: Equatable {
  struct Change: Equatable {
    /// In nanoseconds.
    var time: Int64
    /// In 0.1 N; 0 stands for the device's own limit, the highest.
    var limit: UInt16
  }

  /// From the move's beginning on.
  var first: UInt16
  /// What changes in its midst.
  var changes: [Change] = []

  /// How far apart a limit and its speed are at most, in nanoseconds: four connection intervals of up to 125 ms.
  private static let closest: Int64 = 500_000_000

  static func isLower(_ limit: UInt16, than other: UInt16) -> Bool {
    limit != other && limit != 0 && (other == 0 || limit < other)
  }

  static func forces(of changes: [Change], in moves: [LiveMove]) -> [LiveForce] {
    var limit: UInt16 = 0
    var rest = changes[...]
    while let change = rest.first, let begin = moves.first?.time, change.time <= begin {
      limit = change.limit
      rest.removeFirst()
    }
    var forces: [LiveForce] = []
    for (place, move) in moves.enumerated() {
      let next = place + 1 < moves.count ? moves[place + 1].time : nil
      var force = LiveForce(first: limit)
      while let change = rest.first, change.time < next ?? .max {
        rest.removeFirst()
        guard change.limit != limit else { continue }
        let isFalling = isLower(change.limit, than: limit)
        limit = change.limit
        let isBehind = change.time - move.time <= closest
        let isAhead = next.map { $0 - change.time <= closest } ?? false
        // Where the motor stands still, a limit is for what comes.
        if isFalling ? isAhead || move.to == 0 : !isBehind && (isAhead || move.to == 0) { continue }
        if isBehind, force.changes.isEmpty {
          force.first = limit
        } else {
          force.changes.append(change)
        }
      }
      forces.append(force)
    }
    return forces
  }

  /// How long before or behind its speed a limit was sent at least, in milliseconds; nil where none was.
  static func lead(of changes: [Change], beside moves: [LiveMove]) -> Int64? {
    var least: Int64?
    var place = 0
    for change in changes {
      while place + 1 < moves.count, moves[place + 1].time <= change.time { place += 1 }
      guard place < moves.count, moves[place].time <= change.time else { continue }
      var distance = change.time - moves[place].time
      if place + 1 < moves.count { distance = min(distance, moves[place + 1].time - change.time) }
      if distance <= closest { least = min(least ?? .max, distance / 1_000_000) }
    }
    return least
  }
}
