import PercussClient
import PercussGATT
import PercussLink
import PercussTime
import PercussWire
import Synchronization
import Testing

@Suite("Device that is a Theragun")
struct TheragunDeviceTests {
  /// A motor that does at once what it is told, and tells when it is asked.
  final class Motor: Sendable {
    let rpm = Mutex<UInt16>(0)

    var script: ScriptedLink.Script {
      { [self] value, characteristic, _ in
        guard characteristic == .theragunWrite, let request = try? TheragunRequest(value) else {
          return .init(failure: .attribute(.writeNotPermitted, characteristic: characteristic))
        }
        let speed = rpm.withLock { rpm in
          if case .setSpeed(let new) = request.body { rpm = new }
          return rpm
        }
        let answer: TheragunNotification.Body? =
          switch request.body {
          case .setSpeed: nil
          case .status:
            .status(unknownByte: 0, motion: speed > 0 ? .running : .atRest, unknownBytes: 0, speedRPM: speed)
          case .version: .version(unknownByte: 0, unknownBytes: 0, version: 123)
          }
        let bytes = answer.flatMap { try? TheragunNotification(body: $0).bytes() }
        return .init(values: bytes.map { [(.theragunNotify, $0)] } ?? [])
      }
    }
  }

  private static func speeds(_ link: ScriptedLink) async -> [UInt16] {
    await link.written.compactMap { written in
      guard case .setSpeed(let rpm)? = try? TheragunRequest(written.1).body else { return nil }
      return rpm
    }
  }

  @Test func `connecting asks for the status, which has to be answered before anything is sent that moves`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline, script: Motor().script)
      let device = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      #expect(device.dialectName == "theragun-gen4")
      #expect(!device.hasLease)
      #expect(await link.subscriptions == [.theragunNotify])
      #expect(await link.written.map(\.1) == [[0xAA, 0x10, 0x10, 0x00]])
      #expect(await device.latestTelemetry?.motor?.status == MotorStatus(isRunning: false, speed: .rest))
      #expect(try await device.information().firmware == "1.2.3")
    }
  }

  @Test(
    arguments: [
      ([], "did not answer"), ([0xBB, 0x00, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "cannot be read"),
      ([0x41, 0x54, 0x2B, 0x4F, 0x4B], "cannot be read"),
    ] as [([UInt8], String)])
  func `a stranger with such a name and service gets the question a few times, and nothing that moves`(
    answer: [UInt8], words: String
  ) throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline) { _, _, _ in
        .init(values: answer.isEmpty ? [] : [(.theragunNotify, answer)])
      }
      let error = await #expect(throws: DeviceError.self) {
        _ = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      }
      guard case .notRecognised? = error?.reason else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
      let written = await link.written.map(\.1)
      #expect((3...4).contains(written.count) && Set(written) == [[0xAA, 0x10, 0x10, 0x00]])
    }
  }

  @Test func `to stop is said first, before the device has answered anything`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let motor = Motor()
      motor.rpm.withLock { $0 = 1800 }
      let link = ScriptedLink(on: timeline, script: motor.script)
      let device = try await Device.connect(over: link, for: .stop, dialect: TheragunDialect(.unnamed))
      #expect(await link.written.first?.1 == [0xAA, 0x07, 0x01, 0x03, 0x00, 0x00, 0x03])
      #expect(motor.rpm.withLock { $0 } == 0)
      try await device.stop()
    }
  }

  @Test func `what such a device cannot do is unsupported, in every door, and nothing is sent`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline, script: Motor().script)
      let device = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      try await device.takeControl()
      let before = await link.written.count
      let calls: [@Sendable () async throws -> Void] = [
        { try await device.setForceLimit(.newtons(60)) }, { try await device.setTimer(.seconds(5)) },
        { try await device.preset(1) }, { try await device.startRoutine(slot: 0) },
        { _ = try await device.query(slot: 0) }, { try await device.upload([.rest], to: 0) },
        { try await device.queue(StreamedStep(index: 0, atMilliseconds: 0, segment: .rest)) },
        { try await device.setSpeed(.ppm(1900)) }, { try await device.pause() },
      ]
      for call in calls {
        let error = await #expect(throws: DeviceError.self) { try await call() }
        guard case .unsupported("theragun-gen4", _)? = error?.reason else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(error?.description.contains("unsupported by this device: theragun-gen4 has no") == true)
      }
      #expect(await link.written.count == before)
    }
  }

  @Test func `RPM is unsupported by a device that speaks of percussions`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline)
      let device = try await Device.connect(over: link)
      let error = await #expect(throws: DeviceError.self) { try await device.setMotorSpeed(.rpm(2400)) }
      guard case .unsupported("percuss", _)? = error?.reason else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(await link.written.isEmpty)
    }
  }

  @Test func `a device that nobody refers to any more is stopped, and then disconnected`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let motor = Motor()
      let link = ScriptedLink(on: timeline, script: motor.script)
      var device: Device? = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      try await device?.takeControl()
      try await device?.setMotorSpeed(.rpm(2400), ramp: .zero)
      #expect(motor.rpm.withLock { $0 } == 2400)
      device = nil
      try await timeline.sleep(for: .seconds(1))
      #expect(motor.rpm.withLock { $0 } == 0)
      #expect(await link.disconnections == 1)
    }
  }

  @Test func `disconnecting stops a motor that may run, and asks nothing of one that rests`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let motor = Motor()
      let link = ScriptedLink(on: timeline, script: motor.script)
      let device = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      try await device.takeControl()
      try await device.setMotorSpeed(.rpm(2400))
      await device.disconnect()
      #expect(await Self.speeds(link).last == 0)
      let resting = ScriptedLink(on: timeline, script: Motor().script)
      await (try await Device.connect(over: resting, dialect: TheragunDialect(.pro))).disconnect()
      #expect(await Self.speeds(resting).isEmpty)
    }
  }

  @Test func `who only listens does not stop a motor that others run, nor reconnects to do so`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let motor = Motor()
      motor.rpm.withLock { $0 = 1800 }
      let link = ScriptedLink(on: timeline, script: motor.script)
      let device = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      try await device.setTelemetryInterval(.milliseconds(200))
      try await timeline.sleep(for: .seconds(2))
      #expect(await device.latestTelemetry?.motor?.status.isRunning == true)
      await device.disconnect()
      #expect(await Self.speeds(link).isEmpty)
      #expect(await !device.mayRunOn)
    }
  }

  @Test func `a program that hangs is found out by its silence: the motor rests within the lease and a little`() throws
  {
    let timeline = VirtualTimeline()
    try timeline.run {
      let motor = Motor()
      let device = try await Device.connect(
        over: ScriptedLink(on: timeline, script: motor.script), dialect: TheragunDialect(.pro))
      let events = device.events
      try await device.takeControl(lease: .milliseconds(500))
      try await device.setMotorSpeed(.rpm(2400), ramp: .zero)
      try await timeline.sleep(for: .milliseconds(400))
      #expect(motor.rpm.withLock { $0 } == 2400)
      try await timeline.sleep(for: .milliseconds(150))
      #expect(motor.rpm.withLock { $0 } == 0)
      #expect(await !device.holdsControl)
      for await event in events {
        if case .controlLost(let cause) = event {
          #expect(cause == .leaseExpired)
          break
        }
      }
    }
  }

  @Test func `after the connection is lost the device object says that the motor may run on`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let link = ScriptedLink(on: timeline, script: Motor().script)
      let device = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      try await device.takeControl()
      try await device.setMotorSpeed(.rpm(2400), ramp: .seconds(10))
      try await timeline.sleep(for: .seconds(1))
      link.drop(.supervisionTimeout)
      try await timeline.sleep(for: .seconds(1))
      let sent = await link.written.count
      #expect(await device.mayRunOn)
      try await timeline.sleep(for: .seconds(5))
      #expect(await link.written.count == sent, "the ramp is over")
    }
  }

  @Test(arguments: [true, false])
  func `a stop at the end that is not acknowledged is told, also where the link never ended by itself`(isDeaf: Bool)
    throws
  {
    let timeline = VirtualTimeline()
    try timeline.run {
      let motor = Motor()
      let isSilent = Mutex(false)
      let link = ScriptedLink(on: timeline) { value, characteristic, type in
        isSilent.withLock { $0 }
          ? .init(failure: .timedOut("the write", after: .seconds(1))) : motor.script(value, characteristic, type)
      }
      let device = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      try await device.takeControl()
      try await device.setMotorSpeed(.rpm(2400), ramp: .zero)
      isSilent.withLock { $0 = isDeaf }
      await device.disconnect()
      #expect(motor.rpm.withLock { $0 } == (isDeaf ? 2400 : 0))
      #expect(await device.mayRunOn == isDeaf)
    }
  }

  @Test func `control alone moves nothing, so that its end without a stop is not told`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let motor = Motor()
      let isSilent = Mutex(false)
      let link = ScriptedLink(on: timeline) { value, characteristic, type in
        isSilent.withLock { $0 }
          ? .init(failure: .timedOut("the write", after: .seconds(1))) : motor.script(value, characteristic, type)
      }
      let device = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      try await device.takeControl()
      isSilent.withLock { $0 = true }
      await device.disconnect()
      #expect(await !device.mayRunOn)
    }
  }

  @Test func `ten seconds of a ramp are about 40 speeds, none less than 250 ms after the one before`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let times = Mutex<[MonotonicInstant]>([])
      let motor = Motor().script
      let link = ScriptedLink(on: timeline) { value, characteristic, type in
        if value.count == 7 { times.withLock { $0.append(timeline.now) } }
        return motor(value, characteristic, type)
      }
      let device = try await Device.connect(over: link, dialect: TheragunDialect(.pro))
      try await device.takeControl(lease: .seconds(60))
      try await device.setMotorSpeed(.rpm(3000), ramp: .seconds(10))
      try await timeline.sleep(for: .seconds(12))
      let speeds = await Self.speeds(link)
      #expect(speeds == speeds.sorted())
      #expect(speeds.count == 41)
      #expect(speeds.last == 3000)
      let instants = times.withLock { $0 }
      #expect(zip(instants, instants.dropFirst()).allSatisfy { $0.duration(to: $1) >= .milliseconds(250) })
    }
  }
}

@Suite("Device family")
struct DeviceFamilyTests {
  @Test func `name and service together tell a Theragun, neither alone does`() {
    for kind in TheragunKind.allCases {
      #expect(DeviceFamily(name: kind.rawValue, services: [.theragunService]) == .theragun(kind))
      #expect(DeviceFamily(name: kind.rawValue, services: []) == nil)
      #expect(DeviceFamily(name: kind.rawValue, services: [.batteryService]) == nil)
    }
    #expect(DeviceFamily(name: "HMSoft", services: [.theragunService]) == .stranger(name: "HMSoft"))
    #expect(DeviceFamily(name: nil, services: [.theragunService]) == .stranger(name: nil))
    #expect(DeviceFamily(name: "pro", services: [.theragunService]) == .stranger(name: "pro"), "as it is written")
    #expect(DeviceFamily(name: "Pro", services: [.theragunService, .percussService]) == .percuss)
    #expect(DeviceFamily(name: nil, services: [.percussService]) == .percuss)
  }

  @Test(arguments: ["fr01", "WaveSolo", "WaveDuo"]) func `a roller is recognised, and refused with the reason`(
    name: String
  ) {
    let family = DeviceFamily(name: name, services: [.theragunService])
    #expect(family == .theragunRoller(name: name))
    let error = #expect(throws: DeviceError.self) { _ = try DeviceFamily.dialect(for: family, ratio: nil) }
    #expect(error?.description.contains("how they are encoded is not public") == true)
  }

  @Test func `a stranger is refused, an unknown one is asked by our protocol, and a ratio is for motors`() throws {
    let ratio = SpeedRatio(rpmPerThousandPPM: 1_500)
    let error = #expect(throws: DeviceError.self) {
      _ = try DeviceFamily.dialect(for: .stranger(name: "HMSoft"), ratio: nil)
    }
    #expect(error?.description.contains("“HMSoft”, is not that of a Theragun") == true)
    #expect(try DeviceFamily.dialect(for: nil, ratio: nil).name == "percuss")
    #expect(try DeviceFamily.dialect(for: .percuss, ratio: nil).name == "percuss")
    #expect(try DeviceFamily.dialect(for: .theragun(.pro), ratio: ratio).ratio == ratio)
    #expect(throws: DeviceError.self) { _ = try DeviceFamily.dialect(for: .percuss, ratio: ratio) }
  }

  @Test func `a ratio is 0.5 to 4, and goes there and back within half a unit`() throws {
    for thousandths in [0, 499, 4_001, -1] { #expect(SpeedRatio(rpmPerThousandPPM: thousandths) == nil) }
    let ratio = try #require(SpeedRatio(rpmPerThousandPPM: 1_500))
    #expect("\(ratio)" == "1.5 rpm per ppm")
    #expect(SpeedRatio(rpmPerThousandPPM: 2_000).map { "\($0)" } == "2 rpm per ppm")
    #expect(ratio.motorSpeed(of: .ppm(2400)) == .rpm(3600))
    #expect(ratio.highestSpeed(upTo: .rpm(3616)) == .ppm(2410))
    for ppm in UInt16(1)...2410 {
      let motor = try #require(ratio.motorSpeed(of: .ppm(ppm)))
      #expect(motor <= .rpm(3616))
      #expect(ratio.speed(of: motor) == .ppm(ppm))
    }
    #expect(ratio.motorSpeed(of: .ppm(.max)) == nil, "beyond what 16 bits hold")
  }
}
