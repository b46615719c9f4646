using System.Globalization;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>One micro-batch as far as memory depends on it.</summary>
/// <param name="Counted">Labels that the loss falls on.</param>
/// <param name="FindsGradients">It is not the first of its step: the gradients of the one before are there.</param>
internal readonly record struct PlannedBatch(int Rows, int Length, int Counted, bool FindsGradients)
{
    public long Tokens => (long)Rows * Length;
}

/// <summary>The texts of a run as far as memory depends on them: of all its micro-batches those that may take most.</summary>
public sealed class PlannedTexts
{
    // activations go by tokens, the head's workspaces by labels that count; which of the two weighs more depends on the model
    private static readonly double[] s_labelWeights = [1e-6, 0.25, 1, 4, 16, 1e6];

    // micro-batches are drawn anew in each pass over the data; after so many passes heavier ones are no longer to be expected
    private const int MostEpochs = 64;

    private static readonly string[] s_tokenizers = ["tokenizer.json", "tokenizer.model"];

    private PlannedTexts(IReadOnlyList<PlannedBatch> batches, int longest, double countedShare, string source) =>
        (Batches, LongestText, CountedShare, Source) = (batches, longest, countedShare, source);

    /// <summary>Tokens of the longest text.</summary>
    public int LongestText { get; }

    /// <summary>Share of the tokens that the loss falls on.</summary>
    public double CountedShare { get; }

    /// <summary>What this is taken from, for people.</summary>
    public string Source { get; }

    internal IReadOnlyList<PlannedBatch> Batches { get; }

    /// <summary>Every row is as long as it may be and every token counts, as in packed pretraining: no run takes more.</summary>
    public static PlannedTexts Assumed(Recipe recipe) => Assumed(recipe, "all (upper bound)");

    /// <summary>Of the very micro-batches that a run on these texts will make.</summary>
    /// <param name="texts">Encoded training texts.</param>
    public static PlannedTexts Of(IReadOnlyList<TokenizedText> texts, Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(recipe);
        var plan = new BatchPlan(texts, recipe.Batch, recipe.Seed);
        double epochs = recipe.Steps > 0 ? (double)recipe.Steps / plan.StepsPerEpoch : recipe.Epochs;
        long steps = Math.Max(1, (long)Math.Ceiling(Math.Min(epochs, MostEpochs) * plan.StepsPerEpoch));
        var all = new HashSet<PlannedBatch>();
        for (long step = 0; step < steps; step++)
        {
            var passes = plan.Step(step);
            for (int i = 0; i < passes.Count; i++)
            {
                int length = recipe.Batch.Packing ? recipe.Batch.SequenceLength : passes[i].Max(row => texts[row[0]].Ids.Length);
                all.Add(new PlannedBatch(passes[i].Length, length, plan.Counted(passes[i]), i > 0));
            }
        }
        PlannedBatch[] heaviest = [.. all.GroupBy(b => b.FindsGradients).SelectMany(g => s_labelWeights.Select(w => g.MaxBy(b => b.Tokens + w * b.Counted))).Distinct()];
        long tokens = texts.Sum(t => (long)t.Ids.Length), counted = texts.Sum(t => (long)t.Counted);
        double share = (double)counted / tokens;
        return new PlannedTexts(heaviest, texts.Max(t => t.Ids.Length), share,
            string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} % of the {texts.Count} training texts, the longest of {texts.Max(t => t.Ids.Length)} tokens"));
    }

    /// <summary>Of the recipe's data where it is prepared already and the model's tokenizer is here, else <see cref="Assumed(Recipe)"/>; <see cref="Source"/> says which, and why.</summary>
    /// <param name="near">As in <see cref="BaseModels.Find"/>.</param>
    public static PlannedTexts OfPrepared(Recipe recipe, string? near = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (recipe is { Task: TrainingTask.Text, Batch.Packing: true }) return Assumed(recipe, "all (running text in packed rows)");
        if (BaseModels.FolderOf(recipe.Model, near) is not { } folder || !s_tokenizers.Any(name => File.Exists(Path.Combine(folder, name))))
            return Assumed(recipe, "all (upper bound: the model's tokenizer is not here)");
        if (TrainingData.OpenPrepared(recipe.Data) is not { } data) return Assumed(recipe, "all (upper bound: the data is not prepared yet)");
        var encoder = new ExampleEncoder(Tokenizer.Load(folder), recipe.Batch.SequenceLength);
        return Of(RunSetup.Encode(recipe, encoder, RunSetup.HasOwnLists(data), data.SelectMany(d => d.Read(DataSplit.Train))).Texts, recipe);
    }

    private static PlannedTexts Assumed(Recipe recipe, string source)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var b = recipe.Batch;
        return new PlannedTexts([new PlannedBatch(b.MicroBatch, b.SequenceLength, checked(b.MicroBatch * (b.SequenceLength - 1)), b.Accumulate > 1)], b.SequenceLength, 1, source);
    }
}
