using System.Globalization;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>How a model rates the labels for one note.</summary>
/// <param name="Scores">Of the labels, in the chooser's order; where the note's problems were listed first, given that list.</param>
/// <param name="Problems">The list that the label was chosen from; null where it was chosen from the note itself.</param>
/// <param name="ProblemsProbability">p(list | note), its end included; 1 where there is none.</param>
public sealed record LabelChoice(ChoiceScores Scores, string? Problems, double ProblemsProbability)
{
    /// <summary>p(list | note) · p(label | list) of the likeliest label: at most p(label | note), as other lists may lead to the label too.</summary>
    public double Probability => ProblemsProbability * Scores.Probabilities[Scores.Best];
}

/// <summary>
/// Chooses among a closed set of labels: from the note, or through its problems:
/// <code>
/// list  = the likeliest answer to "which problems does the note state?"
/// label = argmax over the labels of p(label | list)
/// </code>
/// The second way lets nothing but the list decide, so that a label can be followed back to what was read.
/// </summary>
public sealed class LabelChooser
{
    /// <summary>Tokens that a list of problems may have at most.</summary>
    public const int MostProblemTokens = 48;

    private readonly ExampleEncoder _encoder;
    private readonly Generator _generator;
    private readonly Predictor _lister;
    private readonly bool _throughProblems;
    private readonly IReadOnlyList<int[]> _ids;
    private readonly int _longest;

    /// <param name="task">Of the examples: protocols, or another one that has a closed set of answers.</param>
    /// <exception cref="ArgumentException">There is no label, or one leaves no room for a prompt.</exception>
    public LabelChooser(LlamaModel model, ExampleEncoder encoder, IReadOnlyList<string> labels, bool throughProblems = false, string task = ProtocolPrompts.Task)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0) throw new ArgumentException("LabelChooser: labels must be at least one, got none.");
        Labels = labels;
        _ids = [.. labels.Select(l => encoder.Answer(task, l))];
        _longest = _ids.Max(i => i.Length);
        Room = throughProblems ? Math.Max(_longest, MostProblemTokens) : _longest;
        if (Room >= encoder.MaxTokens) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"LabelChooser: an answer may need {Room} tokens, which must be below maxTokens {encoder.MaxTokens}; raise the context."));
        (_encoder, _generator, _throughProblems) = (encoder, new Generator(model), throughProblems);
        _lister = new Predictor(model, encoder, Room);
    }

    public IReadOnlyList<string> Labels { get; }

    /// <summary>Tokens that are kept free behind a prompt.</summary>
    public int Room { get; }

    /// <summary>The first thing that the model reads of an example; null where it is to be left out, see <see cref="ExampleEncoder"/>.</summary>
    public int[]? Prompt(PromptExample example) => _encoder.TryPrompt(First(example), Room);

    /// <summary>The labels for each example, side by side.</summary>
    /// <exception cref="TrainingGuardException">An example is too long; see <see cref="Prompt"/>.</exception>
    public IReadOnlyList<LabelChoice> Choose(IReadOnlyList<PromptExample> examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        if (!_throughProblems) return [.. examples.Select(e => new LabelChoice(_generator.Choose(_encoder.Prompt(e, Room), _ids), null, 1))];
        int[][] prompts = [.. examples.Select(e => _encoder.Prompt(First(e), Room))];
        var lists = _lister.Answer(prompts);
        return [.. examples.Select((e, i) => Decide(e, prompts[i], lists[i].Text))];
    }

    /// <summary>The likeliest label of each example.</summary>
    /// <param name="batch">Examples that are read at once; does not change the labels.</param>
    /// <param name="done">Told how many are answered.</param>
    public IReadOnlyList<string> Answer(IReadOnlyList<PromptExample> examples, int batch = 8, Action<int>? done = null)
    {
        ArgumentNullException.ThrowIfNull(examples);
        var answers = new List<string>(examples.Count);
        foreach (var group in examples.Chunk(batch))
        {
            answers.AddRange(Choose(group).Select(c => Labels[c.Scores.Best]));
            done?.Invoke(answers.Count);
        }
        return answers;
    }

    private LabelChoice Decide(PromptExample example, int[] prompt, string list)
    {
        double logProbability = _generator.Choose(prompt, [_encoder.Answer(ProblemListPrompts.Task, list)]).RawLogProbabilities[0];
        // a list is short, so its prompt is never cut
        var scores = _generator.Choose(_encoder.Prompt(ProtocolPrompts.OfProblems(example, list), _longest), _ids);
        return new LabelChoice(scores, list, DoubleMath.Exp(logProbability));
    }

    private PromptExample First(PromptExample example) => _throughProblems ? ProblemListPrompts.Of(example) : example;
}
