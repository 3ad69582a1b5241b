import PercussLink
import PercussTime
import Testing

@testable import PercussBlueZ

/// Conversations of a discovery session with bluetoothd: ▶ what is called, ◀ what is answered.
struct DiscoveryControlTests {
  private var control = DiscoveryControl()
  private var now = MonotonicInstant.zero

  private mutating func want(_ isWanted: Bool = true) -> [DiscoveryControl.Action] { control.want(isWanted, at: now) }
  private mutating func answer(_ failure: BlueZFailure? = nil) -> [DiscoveryControl.Action] {
    control.answered(failure, at: now)
  }
  private mutating func pass(_ duration: Duration) -> [DiscoveryControl.Action] {
    now = now.advanced(by: duration)
    return control.timePassed(at: now)
  }

  @Test mutating func `begins with the filter, and ends`() {
    #expect(want() == [.call(.setFilter)])
    #expect(answer() == [.call(.start)])
    #expect(answer() == [.started])
    #expect(control.isActive)
    #expect(want(false) == [.call(.stop)])
    #expect(answer() == [])
    #expect(!control.isActive)
    #expect(control.nextDeadline == nil)
  }

  @Test mutating func `a session that is not wanted any more when it begins is ended`() {
    _ = want()
    _ = answer()
    #expect(want(false) == [])
    #expect(answer() == [.call(.stop)])
    #expect(answer() == [])
    #expect(want() == [.call(.setFilter)])
  }

  @Test mutating func `a session that is wanted again while it ends begins anew`() {
    _ = want()
    _ = answer()
    _ = answer()
    _ = want(false)
    #expect(want() == [])
    #expect(answer() == [.call(.setFilter)])
    #expect(answer() == [.call(.start)])
    #expect(answer() == [.started])
  }

  @Test mutating func `after a stop that answers InProgress the next session is begun twice`() {
    _ = want()
    _ = answer()
    _ = answer()
    _ = want(false)
    #expect(answer(.inProgress) == [])
    #expect(want() == [.call(.setFilter)])
    #expect(answer() == [.call(.start)])
    // This one would be silent.
    #expect(answer() == [.call(.stop)])
    #expect(answer() == [.call(.setFilter)])
    #expect(answer() == [.call(.start)])
    #expect(answer() == [.started])
  }

  @Test mutating func `a session that is left over is ended first`() {
    _ = want()
    _ = answer()
    #expect(answer(.inProgress) == [])
    #expect(pass(.milliseconds(400)) == [.call(.stop)])
    #expect(answer() == [.call(.setFilter)])
    #expect(answer() == [.call(.start)])
    #expect(answer() == [.started])
  }

  @Test mutating func `discovery that stays locked is told of, with what to do`() {
    var actions = want()
    var steps = 0
    while actions != [.failed(.unavailable("scanning: \(Remedy.discoveryLocked)"))], steps < 50 {
      steps += 1
      switch actions.first {
      case .call(.start): actions = answer(.inProgress)
      case .call(.stop): actions = answer(.noDiscovery)
      case .call(.setFilter): actions = answer()
      default: actions = pass(.milliseconds(400))
      }
    }
    #expect(steps < 20)
    #expect(now <= .zero.advanced(by: .seconds(2)))
    #expect(!control.isWanted)
  }

  @Test mutating func `a silent session is begun anew, ever more seldom`() {
    _ = want()
    _ = answer()
    _ = answer()
    #expect(pass(.seconds(2)) == [])
    #expect(pass(.seconds(1)) == [.call(.stop)])
    #expect(answer() == [.call(.setFilter)])
    #expect(answer() == [.call(.start)])
    #expect(answer() == [.started])
    #expect(pass(.seconds(5)) == [])
    #expect(pass(.seconds(1)) == [.call(.stop)])
  }

  @Test mutating func `a session that hears something is left alone`() {
    _ = want()
    _ = answer()
    _ = answer()
    for _ in 0..<20 {
      #expect(pass(.seconds(2)) == [])
      control.heard(at: now)
    }
  }

  @Test(arguments: [BlueZFailure.adapterOff, .serviceGone, .denied])
  func `no session without adapter, service or permission`(_ failure: BlueZFailure) {
    var control = DiscoveryControl()
    _ = control.want(true, at: .zero)
    let actions = control.answered(failure, at: .zero)
    guard case .failed(.unavailable) = actions.first else {
      Issue.record("\(actions)")
      return
    }
    #expect(!control.isWanted)
  }

  @Test mutating func `a lost adapter ends every session, and a late answer does not bring it back`() {
    _ = want()
    _ = answer()
    control.lost()
    #expect(answer() == [])
    #expect(!control.isActive)
    #expect(want() == [.call(.setFilter)])
  }
}
