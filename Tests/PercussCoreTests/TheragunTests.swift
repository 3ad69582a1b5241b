import PercussWire
import Testing

@testable import PercussCore

/// The firmware of the virtual Theragun, as a conversation in bytes.
@Suite struct TheragunTests {
  // MARK: What it obeys

  @Test func `2400 RPM as the documentation writes it turns the motor, and 0 stops it`() {
    var bench = TheragunBench()
    #expect(bench.write([0xAA, 0x70, 0x01, 0x03, 0x09, 0x60, 0x03]).isEmpty)
    #expect(bench.state == .manual)
    bench.run(milliseconds: 2000)
    // The gear of the simulation: 2400 × 2400 / 3616.
    #expect(abs(bench.ppm - 1592.9) < 0.1)
    #expect(bench.status() == .init(true, 2400))
    #expect(bench.write([0xAA, 0x07, 0x01, 0x03, 0x00, 0x00, 0x03]).isEmpty)
    #expect(bench.state == .stopping)
    bench.run(milliseconds: 500)
    #expect(bench.state == .idle)
    #expect(bench.ppm == 0)
    #expect(bench.status() == .init(false, 0))
    #expect(bench.core.ignoredWrites == 0)
  }

  @Test func `every speed comes back in the status as it was set`() {
    var bench = TheragunBench()
    for rpm in stride(from: UInt16(1), through: 3616, by: 5) + [3616] {
      bench.setSpeed(rpm)
      bench.run(milliseconds: 1500)
      #expect(bench.status() == .init(true, rpm))
    }
    #expect(bench.ppm == 2400)
  }

  @Test func `the answers have the bytes of the documentation`() throws {
    var bench = TheragunBench()
    bench.setSpeed(3616)
    bench.run(milliseconds: 3000)
    guard case .notify(let status, _)? = bench.write([0xAA, 0x10, 0x10, 0x00]).first,
      case .notify(let version, _)? = bench.write([0xAA, 0x20, 0x20, 0x00]).first
    else { throw NoAnswer() }
    // 3616 is 0x0E20; the sum of the bytes from the third on is 0x10 + 0x01 + 0x0E + 0x20.
    #expect(try status.bytes() == [0xBB, 0x3F, 0x10, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0x0E, 0x20])
    // Version 1.0.0 is 100, 0x64.
    #expect(try version.bytes() == [0xBB, 0x84, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x64])
  }

  private struct NoAnswer: Error {}

  @Test func `while it speeds up and slows down the status tells the speed of the motor`() {
    var bench = TheragunBench()
    bench.setSpeed(3000)
    #expect(bench.status() == .init(true, 0))
    bench.run(milliseconds: 200)
    let rising = bench.status()
    #expect(rising?.isRunning == true && (1..<3000).contains(rising?.rpm ?? 0))
    bench.run(milliseconds: 2000)
    bench.setSpeed(0)
    bench.run(milliseconds: 100)
    let falling = bench.status()
    #expect(falling?.isRunning == true && (1..<3000).contains(falling?.rpm ?? 0))
  }

  @Test func `only who asked is answered, and only where it is subscribed`() {
    var bench = TheragunBench(centrals: 2)
    bench.connect(2, subscribing: false)
    for central in UInt8(0)...1 {
      let answers = bench.write([0xAA, 0x20, 0x20, 0x00], from: central)
      guard case .notify(_, CentralNumber(central))? = answers.first, answers.count == 1 else {
        Issue.record("\(answers)")
        return
      }
    }
    #expect(bench.write([0xAA, 0x10, 0x10, 0x00], from: 2).isEmpty)
    bench.give(.subscribed(CentralNumber(0), .notify, false))
    #expect(bench.write([0xAA, 0x10, 0x10, 0x00]).isEmpty)
    // What it is told by somebody that is not connected does not count.
    #expect(bench.setSpeed(2000, from: 3).isEmpty)
    #expect(bench.state == .idle)
    #expect(bench.core.ignoredWrites == 0)
  }

  @Test func `the last one who writes is obeyed, whoever wrote before`() {
    var bench = TheragunBench(centrals: 2)
    bench.setSpeed(3000)
    bench.setSpeed(1500, from: 1)
    bench.run(milliseconds: 2000)
    #expect(bench.status()?.rpm == 1500)
    bench.setSpeed(0)
    bench.run(milliseconds: 500)
    #expect(bench.core.truth.speedMilliPPM == 0)
  }

  // MARK: What it ignores

  @Test(
    arguments: [
      ("nothing", []), ("a start alone", [0xAA]), ("no kind", [0xAA, 0x00]), ("a cut status", [0xAA, 0x10, 0x10]),
      ("a cut speed", [0xAA, 0x0D, 0x01, 0x03, 0x09]),
      ("a speed too long", [0xAA, 0x70, 0x01, 0x03, 0x09, 0x60, 0x03, 0]),
      ("a status too long", [0xAA, 0x10, 0x10, 0x00, 0x00]),
      ("a wrong checksum", [0xAA, 0x71, 0x01, 0x03, 0x09, 0x60, 0x03]),
      ("a wrong start", [0xBB, 0x70, 0x01, 0x03, 0x09, 0x60, 0x03]),
      // The sum does not notice swapped bytes; their meaning does.
      ("speed bytes swapped out of the range", [0xAA, 0x70, 0x01, 0x03, 0x60, 0x09, 0x03]),
      ("kind and fixed byte swapped", [0xAA, 0x70, 0x03, 0x01, 0x09, 0x60, 0x03]),
      ("an unknown kind", [0xAA, 0x30, 0x30, 0x00]), ("a roller's level", [0xAA, 0x05, 0x01, 0x03, 0x01]),
      ("3617 RPM", [0xAA, 0x36, 0x01, 0x03, 0x0E, 0x21, 0x03]),
      ("65535 RPM", [0xAA, 0x05, 0x01, 0x03, 0xFF, 0xFF, 0x03]),
      ("a Percuss stop", [0x10, 0x01, 0x00]), ("512 bytes", [UInt8](repeating: 0xAA, count: 512)),
    ] as [(String, [UInt8])])
  func `what it cannot read changes nothing, and is counted`(name: String, bytes: [UInt8]) {
    var bench = TheragunBench()
    bench.setSpeed(2000)
    bench.run(milliseconds: 2000)
    let before = bench.core.truth
    let actions = bench.write(bytes)
    guard actions.count == 1, case .ignored(.malformed, CentralNumber(0))? = actions.first else {
      Issue.record("\(name): \(actions)")
      return
    }
    #expect(bench.core.truth == before)
    #expect(bench.core.ignoredWrites == 1)
    bench.run(milliseconds: 500)
    #expect(bench.status()?.rpm == 2000)
  }

  @Test func `swapped bytes that make another speed within the range are obeyed`() {
    var bench = TheragunBench()
    // 0x0A09 in place of 0x090A: neither the sum nor the range can tell.
    #expect(bench.write([0xAA, 0x1A, 0x01, 0x03, 0x0A, 0x09, 0x03]).isEmpty)
    bench.run(milliseconds: 2000)
    #expect(bench.status()?.rpm == 0x0A09)
  }

  @Test func `each model has its own highest speed, and clamps nothing`() {
    for (model, maximum) in [(TheragunModel.pro, UInt16(3616)), (.elite, 3616), (.prime, 3584)] {
      var bench = TheragunBench(model)
      #expect(bench.setSpeed(maximum).isEmpty)
      bench.run(milliseconds: 3000)
      #expect(bench.status()?.rpm == maximum)
      #expect(bench.setSpeed(maximum + 1).count == 1)
      #expect(bench.core.ignoredWrites == 1)
      #expect(bench.status()?.rpm == maximum)
    }
    var prime = TheragunBench(.prime)
    #expect(
      prime.setSpeed(3600) == [.ignored(.speedAboveMaximum(rpm: 3600, maximum: 3584), from: CentralNumber(0))])
  }

  @Test func `a flood of random bytes moves nothing but by whole requests, and is counted to the last`() {
    var bench = TheragunBench()
    var random = SeededRandom(state: 7)
    var ignored: UInt32 = 0
    for _ in 0..<100_000 {
      let bytes = (0..<Int(random.next() % 12)).map { _ in UInt8(truncatingIfNeeded: random.next() >> 24) }
      let actions = bench.write(bytes)
      ignored += actions.contains { if case .ignored = $0 { true } else { false } } ? 1 : 0
      bench.log.removeAll()
      bench.now = bench.now.advanced(byMicroseconds: random.next() % 2000)
    }
    #expect(bench.core.ignoredWrites == ignored)
    #expect(ignored > 99_000)
    #expect(bench.core.truth.speedMilliPPM <= 2_400_000)
    bench.setSpeed(0)
    bench.run(milliseconds: 500)
    #expect(bench.core.truth.speedMilliPPM == 0)
  }

  // MARK: Links

  @Test func `without a lease the motor runs on when its last central is gone, as it is set`() {
    var bench = TheragunBench(centrals: 2)
    bench.setSpeed(2000)
    bench.give(.disconnected(CentralNumber(0)))
    bench.give(.disconnected(CentralNumber(1)))
    bench.run(milliseconds: 600_000)
    #expect(bench.state == .manual)
    #expect(bench.core.truth.speedMilliPPM > 1_300_000)
    bench.connect(0)
    bench.setSpeed(0)
    bench.run(milliseconds: 500)
    #expect(bench.state == .idle)
  }

  @Test func `where it stops without a central it does so with the last one`() {
    var bench = TheragunBench(linkLoss: .stops, centrals: 2)
    bench.setSpeed(2000)
    bench.run(milliseconds: 1500)
    bench.give(.disconnected(CentralNumber(0)))
    #expect(bench.state == .manual)
    bench.give(.disconnected(CentralNumber(1)))
    bench.run(milliseconds: 500)
    #expect(bench.state == .idle)
    #expect(bench.core.truth.speedMilliPPM == 0)
  }

  @Test func `a place that is taken, or beyond the last, is turned away`() {
    var bench = TheragunBench()
    for number in [UInt8(0), 4, 255] {
      bench.give(.connected(CentralNumber(number)))
      #expect(bench.log.last == .disconnect(CentralNumber(number)))
    }
  }

  // MARK: Body, button and power

  @Test func `a held motor stops with a fault, and runs again once it is let go`() {
    var bench = TheragunBench()
    bench.setSpeed(2000)
    bench.run(milliseconds: 1500)
    bench.give(.load(decinewtons: 2000))
    bench.run(milliseconds: 1500)
    #expect(bench.state == .fault && bench.core.truth.faults == .stall)
    bench.run(milliseconds: 500)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(bench.setSpeed(1500) == [.ignored(.faulted(.stall), from: CentralNumber(0))])
    bench.give(.load(decinewtons: 0))
    #expect(bench.setSpeed(1500).isEmpty)
    bench.run(milliseconds: 2000)
    #expect(bench.status()?.rpm == 1500)
    #expect(bench.core.truth.faults == [])
  }

  @Test(arguments: [
    (DeviceInjection.temperature(decidegrees: 900), DeviceFaults.overheat), (.battery(percent: 0), .batteryEmpty),
  ])
  func `a hot motor or an empty battery keeps it at rest`(injection: DeviceInjection, fault: DeviceFaults) {
    var bench = TheragunBench()
    bench.setSpeed(2000)
    bench.run(milliseconds: 1500)
    bench.give(.injected(injection))
    #expect(bench.core.truth.faults == fault)
    bench.run(milliseconds: 500)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(bench.setSpeed(2000) == [.ignored(.faulted(fault), from: CentralNumber(0))])
    #expect(bench.status()?.isRunning == false)
  }

  @Test func `a short press stops, and starts nothing`() {
    var bench = TheragunBench()
    bench.setSpeed(2000)
    bench.run(milliseconds: 1500)
    bench.give(.button(.shortPress))
    bench.run(milliseconds: 500)
    #expect(bench.state == .idle)
    bench.give(.button(.shortPress))
    bench.run(milliseconds: 500)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(bench.core.truth.isOn)
  }

  @Test func `a long press stops and switches off, and a press switches on again`() {
    var bench = TheragunBench(centrals: 2)
    bench.setSpeed(3000)
    bench.run(milliseconds: 1500)
    bench.give(.button(.longPress))
    #expect(bench.setSpeed(3000) == [.ignored(.switchingOff, from: CentralNumber(0))])
    bench.run(milliseconds: 500)
    #expect(!bench.core.truth.isOn)
    #expect(bench.log.suffix(3) == [.disconnect(CentralNumber(0)), .disconnect(CentralNumber(1)), .poweredOff])
    #expect(bench.core.nextDeadline == nil)
    #expect(bench.setSpeed(3000).isEmpty)
    bench.give(.connected(CentralNumber(0)))
    #expect(bench.log.last == .disconnect(CentralNumber(0)))
    bench.give(.button(.shortPress))
    #expect(bench.log.last == .poweredOn)
    bench.now = .zero
    bench.connect(0)
    bench.run(milliseconds: 100)
    #expect(bench.core.truth.isOn && bench.core.truth.speedMilliPPM == 0)
  }

  @Test func `fifteen minutes at rest without a request switch it off, and not while it runs`() {
    var bench = TheragunBench()
    bench.run(milliseconds: 600_000)
    _ = bench.status()
    bench.run(milliseconds: 899_999)
    #expect(bench.core.truth.isOn)
    bench.run(milliseconds: 1)
    #expect(!bench.core.truth.isOn)

    var running = TheragunBench()
    running.setSpeed(1000)
    running.run(milliseconds: 3_600_000)
    #expect(running.core.truth.isOn && running.state == .manual)
  }

  @Test func `how often it is called changes nothing in what the motor does`() {
    var often = TheragunBench(), rarely = TheragunBench()
    often.setSpeed(2500)
    rarely.setSpeed(2500)
    for _ in 0..<1000 {
      often.now = often.now.advanced(byMilliseconds: 1)
      often.give(.tick)
    }
    rarely.run(milliseconds: 1000)
    #expect(often.core.truth == rarely.core.truth)
  }
}
