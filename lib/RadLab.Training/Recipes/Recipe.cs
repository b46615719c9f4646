using RadLab.Models;

namespace RadLab.Training;

/// <summary>What the model learns.</summary>
public enum TrainingTask
{
    /// <summary>Findings to impression.</summary>
    Impression,

    /// <summary>Provider's note to imaging protocol.</summary>
    Protocol,

    /// <summary>Running text, every token of it: pretraining.</summary>
    Text,
}

/// <summary>Which weights train.</summary>
public enum TrainingMode
{
    /// <summary>A LoRA adapter on a frozen base; with NF4 storage this is QLoRA.</summary>
    Adapter,

    /// <summary>All weights.</summary>
    Full,
}

/// <summary>Whether blocks run a second time in backward instead of keeping what they computed.</summary>
public enum Checkpointing
{
    /// <summary>On where the memory plan needs it.</summary>
    Auto,
    Off,
    On,
}

/// <summary>
/// Everything that decides a run's result, each number visible; a variant is a <c>with</c>. Written to <c>run.json</c> and read back from there.
/// </summary>
public sealed record Recipe
{
    public required string Name { get; init; }

    /// <summary>One line for people.</summary>
    public string Description { get; init; } = "";

    public TrainingTask Task { get; init; }

    /// <summary>A model folder, a name of <see cref="ModelCatalog"/> (random weights), <c>radlab-tiny</c>, or a Hugging Face id in its cache.</summary>
    public required string Model { get; init; }

    /// <summary>Id of a data set's manifest, or a folder that <c>data prepare</c> has written.</summary>
    public required string Data { get; init; }

    public TrainingMode Mode { get; init; }

    /// <summary>In which formats the base is kept in memory.</summary>
    public LlamaStorage Storage { get; init; } = new();

    /// <summary>Mode Adapter only.</summary>
    public Lora Lora { get; init; } = new();

    public OptimizerSettings Optimizer { get; init; } = new();

    /// <summary>Peak of the schedule.</summary>
    public double LearningRate { get; init; } = 2e-4;

    public LearningRateSchedule Schedule { get; init; } = new();

    /// <summary>LoRA's B learns this many times faster than A (LoRA+, arXiv:2402.12354); 1: alike.</summary>
    public double LoraPlusRatio { get; init; } = 1;

    public BatchSettings Batch { get; init; } = new();

    /// <summary>0: every answer counts alike; a: an answer that n training examples share counts n^-a; see <see cref="AnswerWeights"/>.</summary>
    public double AnswerWeighting { get; init; }

    /// <summary>
    /// Protocols: the model is taught two things, to list a note's problems and to name the protocol that follows from such a list alone, and answers in these two steps.
    /// Needs data that knows the problems of its notes; sets of problem lists that are joined to it teach the first step in the place of its own notes.
    /// </summary>
    public bool ThroughProblems { get; init; }

    /// <summary>Passes through the data; ignored where <see cref="Steps"/> is given.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Optimizer steps; 0: as <see cref="Epochs"/> say.</summary>
    public long Steps { get; init; }

    public Checkpointing GradientCheckpointing { get; init; }

    public RunSchedule Run { get; init; } = new();

    /// <summary>How answers are written when the run is scored; training does not depend on it.</summary>
    public AnswerSettings Answers { get; init; } = new();

    /// <summary>Of adapter initialisation, order, dropout and sampling.</summary>
    public ulong Seed { get; init; } = 17;

    /// <summary>Where numbers come from: path of a single setting, such as <c>lora.rank</c>, to its source. What is not named is our choice; see <see cref="RecipeSettings"/>.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// How answers are written. The likeliest answer is the likeliest wording of a common case again and again; drawing shows what the model has learnt of the wordings' variety, and
/// a correction by the wordings' frequencies gives each of them its due without drawing.
/// </summary>
public sealed record AnswerSettings
{
    /// <summary>0: the likeliest token each time; 1: by the model's own probabilities.</summary>
    public double Temperature { get; init; }

    /// <summary>Draws from the fewest likeliest tokens that have this share of the probability.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The most that <see cref="Beams"/> may be.</summary>
    public const int MostBeams = 64;

    /// <summary>The most that <see cref="PriorCorrection"/> may be.</summary>
    public const double MostCorrection = 4;

    /// <summary>1: greedily, or drawn; above: the best of so many texts that are followed side by side.</summary>
    public int Beams { get; init; } = 1;

    /// <summary>t of <see cref="AnswerPrior"/>, by which the best of the beams is chosen; 0: the likeliest.</summary>
    public double PriorCorrection { get; init; }

    /// <summary>With the prompt itself it decides what is drawn: neither order nor batch changes an answer.</summary>
    public ulong Seed { get; init; } = 17;
}

/// <summary>What happens between steps. 0 means never.</summary>
public sealed record RunSchedule
{
    /// <summary>Steps between two evaluations of the loss on the validation split; one comes at the end in any case.</summary>
    public int EvaluateEvery { get; init; }

    /// <summary>Validation texts that are evaluated at most.</summary>
    public int EvaluateTexts { get; init; } = 256;

    /// <summary>Answers generated with each evaluation, for people to look at.</summary>
    public int Samples { get; init; } = 4;

    /// <summary>Steps between two checkpoints; one comes at the end in any case.</summary>
    public int SaveEvery { get; init; } = 100;

    /// <summary>Latest checkpoints that are kept; the best one by validation loss stays besides.</summary>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>Evaluations without a better loss after which the run stops.</summary>
    public int Patience { get; init; }

    /// <summary>The result is the checkpoint with the best validation loss, not the last.</summary>
    public bool ResultIsBest { get; init; }

    /// <summary>Scores the test split, once, when the run has finished.</summary>
    public bool ScoreTest { get; init; }
}
