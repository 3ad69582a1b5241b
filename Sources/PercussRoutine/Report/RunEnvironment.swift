/// What the host of a run was like, as far as it bears on timing.
public struct RunEnvironment: Codable, Equatable, Sendable {
  /// What hands the commands of a live run to the link.
  public enum Sender: String, Codable, Sendable, CaseIterable {
    /// The timeline's loop, which does all the rest of the link's work too.
    case timeline
    /// A thread that does nothing else.
    case deadlineThread = "deadline_thread"
    /// That thread, but some the timeline's loop.
    case both
  }

  /// How the kernel schedules the sender's thread.
  public enum Scheduling: String, Codable, Sendable, CaseIterable {
    /// It shares the processors with everything else.
    case normal
    /// `SCHED_FIFO`: it goes before every normal thread.
    case fifo
  }

  /// The kernel's release, as in `6.1.0-18-amd64`.
  public var kernel: String
  /// How many processors the program could use.
  public var processors: Int
  /// What hands commands to the link.
  public var sender: Sender
  /// How its thread is scheduled.
  public var scheduling: Scheduling
  /// Its priority among `fifo` threads, 1 to 99; nil where scheduling is normal.
  public var priority: Int?
  /// How much later than asked for the kernel may wake that thread to save energy, in nanoseconds; nil when it is not known.
  public var timerSlackNanoseconds: Int64?
  /// Whether the program's memory was locked, so that no page had to be fetched from disk.
  public var isMemoryLocked: Bool

  /// An environment; see the properties.
  public init(
    kernel: String, processors: Int, sender: Sender = .timeline, scheduling: Scheduling = .normal, priority: Int? = nil,
    timerSlackNanoseconds: Int64? = nil, isMemoryLocked: Bool = false
  ) {
    self.kernel = kernel
    self.processors = processors
    self.sender = sender
    self.scheduling = scheduling
    self.priority = priority
    self.timerSlackNanoseconds = timerSlackNanoseconds
    self.isMemoryLocked = isMemoryLocked
  }

  enum CodingKeys: String, CodingKey {
    case kernel, processors, sender, scheduling, priority
    case timerSlackNanoseconds = "timer_slack_ns"
    case isMemoryLocked = "memory_locked"
  }

  /// Writes every key, with null for what is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kernel, forKey: .kernel)
    try container.encode(processors, forKey: .processors)
    try container.encode(sender, forKey: .sender)
    try container.encode(scheduling, forKey: .scheduling)
    try container.encode(priority, forKey: .priority)
    try container.encode(timerSlackNanoseconds, forKey: .timerSlackNanoseconds)
    try container.encode(isMemoryLocked, forKey: .isMemoryLocked)
  }
}
