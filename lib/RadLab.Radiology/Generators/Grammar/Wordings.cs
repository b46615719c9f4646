using System.Collections;
using System.Runtime.CompilerServices;

namespace RadLab.Radiology;

/// <summary>Ways to say the same sentence; some are held out on request (<see cref="TemplateSplit"/>), so there are at least two.</summary>
[CollectionBuilder(typeof(Wordings), nameof(Create))]
internal sealed class Wordings : IEnumerable<string>
{
    private readonly SentenceTemplate[] _templates;

    private Wordings(SentenceTemplate[] templates) => _templates = templates;

    public IReadOnlyList<SentenceTemplate> Templates => _templates;

    public static Wordings Create(ReadOnlySpan<string> sources)
    {
        if (sources.Length < 2) throw new ArgumentException($"Wordings: a list needs at least two templates, so that one can be held out; got {sources.Length} ({(sources.Length == 0 ? "" : sources[0])}).");
        var templates = new SentenceTemplate[sources.Length];
        for (int i = 0; i < templates.Length; i++) templates[i] = SentenceTemplate.Parse(sources[i]);
        return new Wordings(templates);
    }

    public IEnumerator<string> GetEnumerator() => _templates.Select(t => t.Source).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Words or parts of sentences of the same meaning. The last ones are held out on request; a single one belongs to both parts.</summary>
[CollectionBuilder(typeof(Words), nameof(Create))]
internal sealed class Words : IEnumerable<string>
{
    private readonly string[] _words;

    private Words(string[] words) => _words = words;

    public static Words None { get; } = new([]);

    public int Count => _words.Length;

    public string this[int index] => _words[index];

    public static Words Create(ReadOnlySpan<string> words) => new(words.ToArray());

    /// <param name="habits">Of the radiologist who chooses, where there is one.</param>
    public string Pick(SeededRandom random, HoldOut holdOut, RadiologistHabits? habits = null) => _words[holdOut.PickWord(_words.Length, random, _words[0], habits)];

    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)_words).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
