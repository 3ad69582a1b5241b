import PercussWire
import Testing

@testable import PercussCore

/// Once and only once: protocol-spec section 6, sequence numbers.
@Suite struct SequenceTests {
  private func setSpeed(_ sequence: UInt8, _ speed: UInt16, _ flags: ControlFlags = []) -> ControlRequest {
    ControlRequest(sequence: sequence, flags: flags, body: .setSpeed(speedPPM: speed, rampMilliseconds: 0))
  }

  @Test func `the same request again gets the same response and is not executed again (PCS/SR/SQ/BV-02)`() {
    var bench = Bench()
    let first = bench.send(setSpeed(10, 1900))
    bench.ask(.stop)
    bench.run(milliseconds: 600)
    let second = bench.send(setSpeed(10, 1900))
    #expect(second == first)
    #expect(second?.state == .manual, "the response is the one of the first time")
    #expect(bench.state == .idle)
  }

  @Test func `another request with a used sequence number is a conflict (PCS/SR/SQ/BI-01)`() {
    var bench = Bench()
    bench.send(setSpeed(10, 1900))
    #expect(bench.send(setSpeed(10, 2000))?.result == .sequenceConflict)
    #expect(bench.core.body.plan.to == 1_900_000)
    #expect(bench.send(setSpeed(10, 1900))?.result == .success, "the conflict is not recorded")
  }

  @Test func `trailing bytes make it another request (PCS/SR/SQ/BV-06)`() throws {
    var bench = Bench()
    let bytes = try setSpeed(10, 1900).bytes()
    bench.write(bytes)
    bench.write(bytes + [0])
    #expect(bench.responses.map(\.result) == [.success, .sequenceConflict])
  }

  @Test func `four requests are remembered, older ones are stale (PCS/SR/SQ/BV-04, BI-02)`() {
    var bench = Bench()
    for sequence: UInt8 in 10...14 { bench.send(ControlRequest(sequence: sequence, flags: [], body: .keepAlive)) }
    bench.log.removeAll()
    for sequence: UInt8 in [10, 11, 12, 13, 14] {
      bench.send(ControlRequest(sequence: sequence, flags: [], body: .keepAlive))
    }
    #expect(bench.responses.map(\.result) == [.stale, .success, .success, .success, .success])
  }

  @Test(arguments: [UInt8(0), 1, 2, 127, 128, 129, 250, 255])
  func `up to 127 ahead is new, across the wrap too; more is behind (PCS/SR/SQ/BV-01, BI-02)`(newest: UInt8) {
    for difference in 1...255 {
      var bench = Bench(lease: nil)
      bench.send(ControlRequest(sequence: newest, flags: [], body: .routineQuery(slot: 0)))
      let sequence = newest &+ UInt8(difference)
      let response = bench.send(ControlRequest(sequence: sequence, flags: [], body: .routineQuery(slot: 1)))
      #expect(response?.result == (difference < 128 ? .success : .stale), "\(newest) then \(sequence)")
    }
  }

  @Test func `a whole turn of sequence numbers is accepted`() {
    var bench = Bench()
    for number in 0..<600 {
      let request = ControlRequest(sequence: UInt8(truncatingIfNeeded: number &+ 2), flags: [], body: .keepAlive)
      #expect(bench.send(request)?.result == .success)
    }
  }

  @Test func `sequence numbers are of one connection and of one central (PCS/SR/SQ/BV-05, BV-07)`() {
    var bench = Bench(centrals: 2)
    bench.send(setSpeed(10, 1900))
    #expect(bench.send(setSpeed(10, 2000), from: 1)?.result == .controlRequired)
    bench.give(.disconnected(CentralNumber(0)))
    bench.connect(0)
    #expect(bench.send(setSpeed(10, 2000))?.result == .controlRequired, "new, not a conflict")
  }

  @Test
  func
    `a quiet request is silent on success, also when it is repeated, and answered otherwise (PCS/SR/CP/BV-02, SQ/BV-03)`()
  {
    var bench = Bench()
    #expect(bench.send(setSpeed(10, 1900, .quiet)) == nil)
    #expect(bench.state == .manual)
    #expect(bench.send(setSpeed(10, 1900, .quiet)) == nil)
    #expect(bench.send(setSpeed(11, 1905, .quiet))?.result == .outOfRange)
    #expect(bench.send(setSpeed(11, 1905, .quiet))?.result == .outOfRange)
  }

  @Test func `a refused request is recorded like any other (PCS/SR/SQ/BV-04)`() {
    var bench = Bench()
    let refused = bench.send(setSpeed(10, 1905))
    bench.ask(.stop)
    #expect(bench.send(setSpeed(10, 1905)) == refused)
  }

  @Test func `an ATT error does not use the sequence number up (PCS/SR/ER/BV-01, BI-02)`() {
    var bench = Bench()
    bench.give(.subscribed(CentralNumber(0), .controlPoint, false))
    #expect(bench.write([OpCode.keepAlive.rawValue, 10, 0]) == .improperlyConfigured)
    bench.give(.subscribed(CentralNumber(0), .controlPoint, true))
    #expect(bench.send(setSpeed(10, 1900))?.result == .success)
  }

  @Test(arguments: 0...2)
  func `a value without a header is refused (PCS/SR/ER/BI-01)`(count: Int) {
    var bench = Bench()
    #expect(bench.write([UInt8](repeating: OpCode.stop.rawValue, count: count)) == .invalidAttributeValueLength)
  }

  @Test func `responses are indicated one at a time`() {
    var bench = Bench()
    bench.confirmsIndications = false
    for _ in 0..<4 { bench.ask(.keepAlive) }
    #expect(bench.responses.count == 1)
    for count in 2...4 {
      bench.give(.indicationConfirmed(CentralNumber(0)))
      #expect(bench.responses.count == count)
    }
    bench.give(.indicationConfirmed(CentralNumber(0)))
    #expect(bench.responses.count == 4)
  }
}
