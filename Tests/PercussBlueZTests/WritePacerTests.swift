import PercussTime
import Testing

@testable import PercussBlueZ

struct WritePacerTests {
  @Test func `bounds what nobody has confirmed`() {
    var pacer = WritePacer()
    for _ in 0..<WritePacer.limit {
      #expect(pacer.hasRoom(isUrgent: false))
      pacer.commandSent(at: .zero)
    }
    #expect(!pacer.hasRoom(isUrgent: false))
    // A stop is not held up by bulk data.
    #expect(pacer.hasRoom(isUrgent: true))
    for _ in 0..<WritePacer.urgentReserve { pacer.commandSent(at: .zero) }
    #expect(!pacer.hasRoom(isUrgent: true))
  }

  @Test func `the answer to a request confirms what went before it`() {
    var pacer = WritePacer()
    for _ in 0..<5 { pacer.commandSent(at: .zero) }
    let mark = pacer.mark()
    for _ in 0..<3 { pacer.commandSent(at: .zero) }
    pacer.answered(mark)
    #expect(pacer.unconfirmed == 3)
    // An older answer takes nothing back.
    pacer.answered(mark)
    #expect(pacer.unconfirmed == 3)
  }

  @Test func `makes a barrier when half of the places are taken, one at a time`() throws {
    var pacer = WritePacer()
    for _ in 0..<WritePacer.barrierThreshold - 1 { pacer.commandSent(at: .zero) }
    #expect(pacer.takeBarrier() == nil)
    pacer.commandSent(at: .zero)
    let barrier = pacer.takeBarrier()
    let mark = try #require(barrier)
    pacer.commandSent(at: .zero)
    #expect(pacer.takeBarrier() == nil)
    pacer.barrierEnded(mark, answered: true)
    #expect(pacer.unconfirmed == 1)
    #expect(pacer.nextDeadline == nil)
  }

  @Test func `where nothing can be read, time confirms`() throws {
    var pacer = WritePacer()
    for _ in 0..<8 { pacer.commandSent(at: .zero) }
    let barrier = pacer.takeBarrier()
    let mark = try #require(barrier)
    pacer.barrierEnded(mark, answered: false)
    #expect(pacer.takeBarrier() == nil)
    #expect(pacer.nextDeadline == .zero.advanced(by: WritePacer.presumedDrain))
    pacer.timePassed(at: .zero.advanced(by: .milliseconds(100)))
    #expect(pacer.unconfirmed == 8)
    pacer.timePassed(at: .zero.advanced(by: .milliseconds(250)))
    #expect(pacer.unconfirmed == 0)
  }
}
