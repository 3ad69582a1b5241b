import PercussGATT
import PercussTime
import PercussWire

/// What two conversations differ in: what was said, field by field, with time ignored within a tolerance.
///
/// What the central did is aligned first; it gives the second conversation the time of the first. Then what the device sent is aligned, on each
/// characteristic by itself, because characteristics do not order each other. ``ComparisonRules`` says which fields depend on time or body.
public struct ConversationComparison: Sendable {
  /// How it is compared.
  public struct Options: Sendable {
    /// What instants may differ by.
    public var tolerance = Duration.milliseconds(100)
    /// Whether the central's own times are compared; not where it says again what it said, and waits for answers.
    public var comparesCentral = true
    /// Whether the device's times, and samples of what goes on, are compared; not where all was said quicker.
    public var comparesTimes = true

    /// A comparison with times.
    public init() {}
  }

  /// The differences, in the order of their time.
  public private(set) var differences: [ConversationDifference] = []
  /// How many items of the first conversation were compared.
  public private(set) var comparedCount = 0
  /// What was not compared, in words.
  public private(set) var notCompared: [String] = []
  /// Characteristics of ``ComparisonRules/identities`` whose difference is told; however often one was read, it is told once.
  private var toldIdentities: Set<BluetoothUUID> = []

  /// Compares.
  public init(_ a: Conversation, _ b: Conversation, _ options: Options = Options()) {
    let (allLeft, allRight) = (a.items.map { PreparedItem($0) }, b.items.map { PreparedItem($0) })
    comparedCount = allLeft.count
    // What asks for samples comes by time alone, so that nothing can be counted from it.
    let (left, right) = (allLeft.filter { !$0.asksForSample }, allRight.filter { !$0.asksForSample })
    if let polling = allLeft.first(where: \.asksForSample) {
      notCompared.append(
        "\(Profile.percuss.name(of: polling.item.characteristic)), \(polling.what): how often it is asked for, and when"
      )
    }
    let nanoseconds = PreparedItem.bounded(
      Int128(options.tolerance.components.seconds) * 1_000_000_000
        + Int128(options.tolerance.components.attoseconds / 1_000_000_000))
    func comparison(_ anchored: AnchoredTime, _ answered: [BluetoothUUID: AnchoredTime] = [:]) -> ItemComparison {
      ItemComparison(
        tolerance: nanoseconds, comparesTimes: options.comparesTimes, timesA: ConversationTimes(left),
        timesB: ConversationTimes(right), anchored: anchored,
        answered: answered, beginning: left.first?.time ?? 0)
    }

    let central = comparison(AnchoredTime([]))
    var anchors: [(expected: Int64, actual: Int64)] = []
    var lanes: [LaneComparison] = []
    var answered: [BluetoothUUID: AnchoredTime] = [:]
    Self.eachLane(left, right, isFromCentral: true) { _, a, b in
      let lane = LaneComparison(a, b, isStrict: false, central)
      let pairs = lane.pairs.map { (expected: a[$0.a].time, actual: b[$0.b].time) }
      anchors += pairs
      if let item = a.first?.item, item.action == .write || item.action == .command {
        answered[item.characteristic] = AnchoredTime(pairs)
      }
      lanes.append(lane)
    }
    let anchored = comparison(AnchoredTime(anchors), answered)
    for lane in lanes {
      var lane = LaneComparison(lane.a, lane.b, isStrict: false, anchored)
      lane.compare()
      take(lane)
    }
    if options.comparesCentral { compareTimes(anchors.sorted { $0.expected < $1.expected }, left, right, nanoseconds) }
    // A replay is another run, however well it agrees.
    let isSameRun = options.comparesCentral && Self.isSameRun(left, right)
    // Events, and responses to requests.
    let changes = left.filter { prepared in
      prepared.item.action == .value
        && prepared.frame.map { !ComparisonRules.identity(of: $0.message).isEmpty } ?? false
    }.map(\.time).sorted()
    Self.eachLane(left, right, isFromCentral: false) { characteristic, a, b in
      guard let characteristic else { return }
      compareValues(of: characteristic, a, b, isSameRun, changes, anchored, options)
    }
    if !options.comparesCentral { leaveOutAdditions(behind: a.end) }
    notCompared += left.filter { anchored.isOld($0) }.map {
      "\(Profile.percuss.name(of: $0.item.characteristic)), read as item \($0.item.number): it tells of what happened before"
    }
    differences.sort { Self.time(of: $0) < Self.time(of: $1) }
    notCompared += a.leftOut.inWords
  }

  /// What is said again is listened to for longer than was captured: what comes about its end, and later, may have been on its way there.
  private mutating func leaveOutAdditions(behind end: Int64) {
    let limit = PreparedItem.bounded(Int128(end) - Int128(ReplayScript.patience.wholeNanoseconds))
    differences.removeAll { difference in
      difference.kind == .additional && (difference.actual.map { $0.time > limit } ?? false)
    }
  }

  private static func time(of difference: ConversationDifference) -> (Int64, Int) {
    let place = difference.expected ?? difference.actual
    return (place?.time ?? 0, place?.item ?? 0)
  }

  /// What went one way, lane by lane: by characteristic, and what the central reads and subscribes to in one lane.
  private static func eachLane(
    _ a: [PreparedItem], _ b: [PreparedItem], isFromCentral: Bool,
    _ body: (BluetoothUUID?, [PreparedItem], [PreparedItem]) -> Void
  ) {
    func lanes(_ items: [PreparedItem]) -> [BluetoothUUID?: [PreparedItem]] {
      Dictionary(grouping: items.filter { $0.item.isFromCentral == isFromCentral }) { prepared in
        switch prepared.item.action {
        case .write, .command, .value: prepared.item.characteristic
        case .read, .subscribe, .unsubscribe: nil
        }
      }
    }
    let (left, right) = (lanes(a), lanes(b))
    let characteristics = Set(left.keys).union(right.keys).compactMap(\.self).sorted()
    for characteristic in [nil] + characteristics.map(Optional.some) {
      body(characteristic, left[characteristic] ?? [], right[characteristic] ?? [])
    }
  }

  /// Takes the differences of a lane of the central, but for values that tell which unit or firmware it is.
  private mutating func take(_ lane: LaneComparison) {
    for var difference in lane.differences {
      if let number = difference.characteristic.assignedNumber, ComparisonRules.identities.contains(number),
        let place = difference.fields.firstIndex(where: { $0.name == "value" })
      {
        let field = difference.fields.remove(at: place)
        if toldIdentities.insert(difference.characteristic).inserted {
          let name = Profile.percuss.name(of: difference.characteristic)
          notCompared.append(
            "\(name): it tells which unit or firmware it is (\(field.expected), and now \(field.actual))")
        }
        if difference.fields.isEmpty { continue }
      }
      differences.append(difference)
    }
  }

  /// When the central did the same things, counted from what it did before.
  private mutating func compareTimes(
    _ anchors: [(expected: Int64, actual: Int64)], _ a: [PreparedItem], _ b: [PreparedItem], _ tolerance: Int64
  ) {
    let byTimeA = Dictionary(grouping: a.filter(\.item.isFromCentral)) { $0.time }
    let byTimeB = Dictionary(grouping: b.filter(\.item.isFromCentral)) { $0.time }
    for (last, next) in zip(anchors, anchors.dropFirst()) {
      let (expected, actual) = (next.expected - last.expected, next.actual - last.actual)
      guard abs(expected - actual) > tolerance + abs(expected) / ItemComparison.driftDivisor,
        let left = byTimeA[next.expected]?.first, let right = byTimeB[next.actual]?.first
      else { continue }
      let words = { (time: Int64) in "\(ItemComparison.seconds(time)) after what the central did before" }
      differences.append(
        ConversationDifference(
          kind: .changed, characteristic: left.item.characteristic, what: left.what, expected: left.place(),
          actual: right.place(), fields: [.init("time", expected: words(expected), actual: words(actual))]))
    }
  }

  private mutating func compareValues(
    of characteristic: BluetoothUUID, _ a: [PreparedItem], _ b: [PreparedItem], _ isSameRun: Bool,
    _ changes: [Int64], _ comparison: ItemComparison, _ options: Options
  ) {
    let order =
      FrameFormat(characteristic)?.message(isFromClient: false).map { ComparisonRules.order(of: $0) } ?? .sequence
    let name = Profile.percuss.name(of: characteristic)
    guard order != .sequence, !isSameRun else {
      return take(a, b, isStrict: order != .sequence, comparison)
    }
    notCompared += Self.ignored(name, a)
    if order == .sampled, let message = FrameFormat(characteristic)?.message(isFromClient: false),
      ComparisonRules.isOrderOfVariants(message)
    {
      let isSample = { (prepared: PreparedItem) in prepared.frame.map { ComparisonRules.hasOrder($0) } ?? false }
      take(a.filter { !isSample($0) }, b.filter { !isSample($0) }, isStrict: false, comparison)
      guard options.comparesTimes else { return }
      differences += SampleComparison(a.filter(isSample), b.filter(isSample), changes: changes, comparison).differences
    } else if order == .last {
      let lasts = Self.lasts(a, b)
      take(lasts.a, lasts.b, isStrict: false, comparison.withoutTimes)
      notCompared.append("\(name): all but the last of each kind, which depend on the radio")
    } else if options.comparesTimes {
      differences += SampleComparison(a, b, changes: changes, comparison).differences
    } else {
      notCompared.append("\(name): its samples are of other instants")
    }
  }

  private mutating func take(
    _ a: [PreparedItem], _ b: [PreparedItem], isStrict: Bool, _ comparison: ItemComparison
  ) {
    var lane = LaneComparison(a, b, isStrict: isStrict, comparison)
    lane.compare()
    differences += lane.differences
  }

  /// Whether most values with an instant of the device are equal to the last bit, as only those of the same run are. Then every sample counts.
  private static func isSameRun(_ a: [PreparedItem], _ b: [PreparedItem]) -> Bool {
    func timed(_ items: [PreparedItem]) -> [[UInt8]] {
      items.filter { $0.item.action == .value && !$0.presentInstants.isEmpty }.map(\.item.bytes)
    }
    let (left, right) = (Set(timed(a)), timed(b))
    let same = right.count { left.contains($0) }
    return same > 0 && same * 2 >= max(left.count, right.count)
  }

  /// The last value of each kind.
  private static func lasts(_ a: [PreparedItem], _ b: [PreparedItem]) -> (a: [PreparedItem], b: [PreparedItem]) {
    func lasts(_ items: [PreparedItem]) -> [PreparedItem] {
      var lasts: [[UInt8]: PreparedItem] = [:]
      for prepared in items { lasts[prepared.token(.name, isStrict: false)] = prepared }
      return lasts.values.sorted { $0.item.number < $1.item.number }
    }
    return (lasts(a), lasts(b))
  }

  /// The fields of a lane's message that are not compared.
  private static func ignored(_ name: String, _ items: [PreparedItem]) -> [String] {
    var told: Set<String> = []
    return items.compactMap(\.frame).filter { told.insert($0.name).inserted }.flatMap { frame in
      frame.fields.compactMap { field in
        guard case .ignored(let reason) = ComparisonRules.rule(of: field.schema, in: frame.message),
          told.insert("\(field.name): \(reason)").inserted
        else { return nil }
        return "\(name), \(field.name): \(reason)"
      }
    }
  }
}

extension ItemComparison {
  /// The same without times.
  var withoutTimes: Self {
    Self(
      tolerance: tolerance, comparesTimes: false, timesA: timesA, timesB: timesB, anchored: anchored,
      answered: answered, beginning: beginning)
  }
}

extension Conversation.LeftOut {
  fileprivate var inWords: [String] {
    [
      ofHosts > 0 ? "\(ofHosts) reads, writes and values of the hosts' own (GAP, GATT, Battery Service)" : nil,
      ofUnknownHandles > 0
        ? "\(ofUnknownHandles) values at handles that the capture does not explain; --handles can" : nil,
      others > 0 ? "\(others) parts of values, and other descriptors" : nil,
    ].compactMap { $0 }
  }
}
