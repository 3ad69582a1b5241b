import PercussWire
import Testing

@testable import PercussCore

/// Control and its lease: protocol-spec sections 7 and 11.
@Suite struct LeaseTests {
  enum Loss: CaseIterable {
    case lease, link

    var cause: ChangeCause { self == .lease ? .leaseExpired : .linkLost }
  }

  /// Loses the holder, which last gave a sign of life just now.
  private func lose(_ loss: Loss, _ bench: inout Bench, lease: UInt64) {
    bench.ask(.keepAlive)
    bench.log.removeAll()
    switch loss {
    case .lease: bench.run(milliseconds: lease)
    case .link: bench.give(.disconnected(CentralNumber(0)))
    }
  }

  @Test(arguments: Situation.allCases, Loss.allCases)
  func `with the policy stop everything ends when the holder is lost (PCS/SR/LO/BV-01, BV-02, BV-04)`(
    situation: Situation, loss: Loss
  ) {
    // A second central listens: the first one is gone where its link is.
    var bench = situation.bench(centrals: 2, lease: 500, policy: .stop)
    lose(loss, &bench, lease: 500)
    #expect(bench.core.truth.holder == nil)
    let endings = bench.events(for: 1).compactMap { event -> ChangeCause? in
      if case .routineEnded(_, let cause, _) = event { cause } else { nil }
    }
    #expect(endings == (situation.hasPlayback ? [loss.cause] : []))
    bench.run(milliseconds: 505)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(bench.state == (situation == .fault ? .fault : .idle))
    bench.run(milliseconds: 60000)
    #expect(bench.core.truth.speedMilliPPM == 0, "nothing resumes by itself")
  }

  @Test(arguments: Situation.allCases, Loss.allCases)
  func `with the policy finish routine only a routine that plays or waits goes on (PCS/SR/LO/BV-03)`(
    situation: Situation, loss: Loss
  ) {
    var bench = situation.bench(centrals: 2, lease: 500, policy: .finishRoutine)
    lose(loss, &bench, lease: 500)
    #expect(bench.core.truth.holder == nil)
    if situation == .routine || situation == .waiting {
      #expect(bench.state == situation.state)
      bench.run(milliseconds: 60000)
      #expect(bench.state == .idle)
    } else {
      bench.run(milliseconds: 505)
      #expect(bench.core.truth.speedMilliPPM == 0)
      #expect(bench.state == (situation == .fault ? .fault : .idle))
    }
  }

  @Test func `the central that fell silent is told, and nobody else (PCS/SR/LE/BV-06)`() {
    var bench = Bench(centrals: 2, lease: 500)
    bench.run(milliseconds: 500)
    let isControlLost: (DeviceEvent.Body) -> Bool = {
      if case .controlLost(.leaseExpired, _) = $0 { true } else { false }
    }
    #expect(bench.events(for: 0).filter(isControlLost).count == 1)
    #expect(bench.events(for: 1).filter(isControlLost).isEmpty)
  }

  @Test func `the lease ends exactly when it is over (PCS/SR/LE/BV-06)`() {
    var bench = Bench(lease: 500)
    bench.run(milliseconds: 499)
    #expect(bench.ask(.keepAlive)?.result == .success)
    bench.run(milliseconds: 499)
    #expect(bench.core.truth.holder == CentralNumber(0))
    // Without a tick at the end: the expiry comes before the request of the same instant.
    bench.sleep(milliseconds: 1)
    #expect(bench.ask(.keepAlive)?.result == .controlRequired)
  }

  @Test func `every readable request renews the lease, also one that is refused (PCS/SR/LE/BV-03, BV-04)`() {
    let requests: [(inout Bench) -> Void] = [
      { $0.ask(.keepAlive) },
      { $0.ask(.keepAlive, flags: .quiet) },
      { $0.send(ControlRequest(sequence: 1, flags: [], body: .keepAlive)) },
      { $0.ask(.setSpeed(speedPPM: 1, rampMilliseconds: 0)) },
      { $0.write([0xEE, 9, 0]) },
      { $0.ask(.routineQuery(slot: 0)) },
      { $0.write([0xFF], to: .routineData) },
      { $0.sendChunk([1], transfer: 99, at: 0) },
    ]
    for (number, request) in requests.enumerated() {
      var bench = Bench(lease: 500)
      bench.run(milliseconds: 400)
      request(&bench)
      bench.run(milliseconds: 400)
      #expect(bench.core.truth.holder == CentralNumber(0), "request \(number)")
    }
  }

  @Test func `values without a header, other centrals and other characteristics do not renew it (PCS/SR/LE/BV-05)`() {
    let values: [(inout Bench) -> Void] = [
      { $0.write([OpCode.keepAlive.rawValue, 9]) },
      { $0.write([], to: .routineData) },
      { $0.ask(.keepAlive, from: 1) },
      { $0.write([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], to: .clock) },
    ]
    for (number, value) in values.enumerated() {
      var bench = Bench(centrals: 2, lease: 500)
      bench.run(milliseconds: 400)
      value(&bench)
      bench.run(milliseconds: 100)
      #expect(bench.core.truth.holder == nil, "value \(number)")
    }
  }

  @Test
  func
    `control is held by one, changed by its holder, and free after a release (PCS/SR/LE/BV-01, BV-02, BI-01, BI-02)`()
  {
    var bench = Bench(centrals: 2, lease: nil)
    let request = ControlRequest.Body.requestControl(leaseMilliseconds: 700, lossPolicy: .stop)
    #expect(bench.ask(.keepAlive)?.result == .controlRequired)
    #expect(bench.ask(request)?.body == .controlGranted(leaseMilliseconds: 700))
    #expect(bench.ask(request, from: 1)?.result == .controlHeld)
    let change = ControlRequest.Body.requestControl(leaseMilliseconds: 900, lossPolicy: .finishRoutine)
    #expect(bench.ask(change)?.body == .controlGranted(leaseMilliseconds: 900))
    #expect(bench.core.lease?.policy == .finishRoutine)
    #expect(bench.ask(.releaseControl)?.result == .success)
    #expect(bench.ask(request, from: 1)?.result == .success)
    #expect(bench.ask(.releaseControl)?.result == .controlRequired)
  }

  @Test func `a release ends what moves, whatever the policy (PCS/SR/LE/BV-08)`() {
    for situation in [Situation.manual, .routine, .waiting] {
      var bench = situation.bench(policy: .finishRoutine)
      bench.ask(.releaseControl)
      #expect(bench.changes.last?.cause == .released)
      bench.run(milliseconds: 505)
      #expect(bench.state == .idle)
    }
  }

  @Test func `the loss of a central without control changes nothing (PCS/SR/LO/BV-05)`() {
    for situation in Situation.allCases {
      var bench = situation.bench(centrals: 2)
      let before = bench.core.truth
      bench.give(.disconnected(CentralNumber(1)))
      #expect(bench.core.truth == before)
    }
  }

  @Test func `who takes control while a routine finishes governs it from then on (PCS/SR/LE/BV-10)`() {
    var bench = Situation.routine.bench(centrals: 2, policy: .finishRoutine)
    bench.give(.disconnected(CentralNumber(0)))
    #expect(bench.state == .routine)
    bench.ask(.requestControl(leaseMilliseconds: 500, lossPolicy: .stop), from: 1)
    #expect(bench.ask(.pause, from: 1)?.result == .success)
    #expect(bench.ask(.resume, from: 1)?.result == .success)
    bench.run(milliseconds: 500)
    #expect(bench.state == .stopping)
  }

  @Test func `a fifth central and a number in use are turned away (PCS/SR/PR/BV-02)`() {
    var bench = Bench(centrals: 4)
    for number: UInt8 in [4, 255, 0] {
      bench.log.removeAll()
      bench.give(.connected(CentralNumber(number)))
      #expect(bench.log.map(\.action) == [.disconnect(CentralNumber(number))])
    }
    #expect(bench.core.truth.holder == CentralNumber(0))
  }
}
